/* The world and the crisis that all institutions share: steps 1 to 4 of docs/model.md, and what is kept of a batch. */

#include "twin_draws.h"

/* What is kept of a batch ------------------------------------------------------------------------------------------ */

/* Rows of states are padded to a multiple of 4; rows of third parties are the states but a and b, in index order. */
struct batch {
    uint64_t replicate[LANES];
    int64_t challenger[LANES], target[LANES], lower[LANES], upper[LANES];
    /* the world, by state */
    row *capability, *great, *member, *interest[3], *joining_cost, *weight, *seat_draw, *distance_a, *distance_b;
    row *seat; /* [seating * n + state] */
    row *scratch;
    /* the crisis */
    row uniform[8], normal[4];
    row stake, status_quo, cost_range, cost_a, cost_b, error, exp_error;
    row power_a, power_b, power_thirds, hegemony, great_a, member_b;
    /* third parties as every institution finds them; terms are what `term` makes of a utility / noise */
    row *power, *align, *near_a, *near_b, *fellowship, *great_third, *price, *price_a;
    row *sympathy, *apathy;   /* terms of alpha al and of -alpha al */
    row *burden, *burden_a;   /* terms of -f C and of -f C^a, [f * thirds + k] */
    row *voter;               /* [seating * thirds + k] */
    row *conceded;            /* sums of concessions, [institution] */
    /* under one institution */
    row *obligation, *bound, *fixed_help, *fixed_join, *permanent, *yes;
    row hegemony_term, exemption, need, remaining, victim_votes, challenger_vetoes, mandate[MAX_RUNGS];
    row strength_a, strength_b, support, pressure, fighting, retreat, concession;
    row help_sum, join_sum, drive, tilt, effect, unblocked;
    int64_t highest[LANES / STRIP], lowest[LANES / STRIP]; /* of `remaining`, by strip */
};

/* The crises of one institution that call for a response, packed in the first `count` lanes. */
struct survivors {
    int64_t chosen[LANES], count, padded;
    uint64_t replicate[LANES];
    int64_t lower[LANES], upper[LANES], outcome[LANES];
    row stake, cost_a, error, power_a, power_b, power_thirds, strength_a, strength_b, support, fighting, retreat;
    row need, victim_votes, challenger_vetoes, hegemony, authorised, sanctions, first, second, third;
    row *power, *utility, *join_utility, *obligation, *price, *price_a, *voter, *veto, *draw;
};

/* An institution with what follows from it and the point before any draw. */
struct rule {
    const struct institution *is;
    int64_t council, seating, obliged;
    int64_t burden[MAX_RUNGS], vote_burden[MAX_RUNGS], burden_a; /* which cost factors */
};

/* All institutions, and what they share: each distinct factor f of the costs f C and f C^a, so that its exponentials
 * are taken once per world, and each distinct seating (a number of seats, or minus its code). */
struct plan {
    struct rule *rules;
    double *f, *f_a, *seatings;
    int64_t n_rules, n_f, n_f_a, n_seatings, elects, factored;
};

INLINE double third_party(const row *rows, int64_t k, int64_t l, int64_t lower, int64_t upper) {
    double here = rows[k][l], past_one = rows[k + 1][l], past_two = rows[k + 2][l];
    double after = k + 1 < upper ? past_one : past_two;
    return k < lower ? here : after;
}

STAGE take_thirds(const struct batch *w, int64_t thirds, const row *states, row *out) {
    for (int64_t k = 0; k < thirds; k++)
        EACH_LANE(l) out[k][l] = third_party(states, k, l, w->lower[l], w->upper[l]);
}

/* Start: capability, great powers, members, interests -------------------------------------------------------------- */

/* The `count` states with the largest capability, ties to the lower index. */
STAGE name_great_powers(struct batch *w, int64_t n, int64_t count) {
    double *most = w->help_sum, *who = w->join_sum;
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) w->great[i][l] = 0.0;
    for (int64_t rank = 0; rank < count; rank++) {
        EACH_LANE(l) { most[l] = -1.0; who[l] = -1.0; }
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) {
                double taken = w->great[i][l], mine = w->capability[i][l], best = most[l], whose = who[l];
                double c = taken > 0.0 ? -1.0 : mine;
                who[l] = c > best ? (double)i : whose;
                most[l] = c > best ? c : best;
            }
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) { double great = w->great[i][l]; w->great[i][l] = who[l] == (double)i ? 1.0 : great; }
    }
}

STAGE start(struct batch *w, const struct point *p, uint64_t seed) {
    int64_t n = p->n_states;
    double *total = w->help_sum, half = 0.5 * p->polarization, sigma = p->capability_sigma;
    if (p->equal_capability) {
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) w->capability[i][l] = 1.0;
    } else {
        fill_normals(w->capability, n, w->replicate, CAPABILITY_NORMAL, 0, seed);
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) w->capability[i][l] = exp_bounded(sigma * w->capability[i][l]);
    }
    EACH_LANE(l) total[l] = 0.0;
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) total[l] += w->capability[i][l];
    EACH_LANE(l) total[l] = 1.0 / total[l];
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) w->capability[i][l] *= total[l];
    name_great_powers(w, n, p->great_powers < n ? p->great_powers : n);
    if (p->members < 1.0 || p->great_power_members < 1.0) {
        fill_uniforms(w->scratch, n, LANES, w->replicate, MEMBERSHIP, 0, seed);
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) {
                double chance = w->great[i][l] > 0.0 ? p->great_power_members : p->members;
                w->member[i][l] = w->scratch[i][l] < chance ? 1.0 : 0.0;
            }
    } else {
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) w->member[i][l] = 1.0;
    }
    for (int64_t d = 0; d < p->dimensions; d++) {
        row *x = w->interest[d];
        fill_normals(x, n, w->replicate, BASE_INTEREST, (uint64_t)d * MAX_STATES, seed);
        fill_normals(w->scratch, n, w->replicate, INTEREST_SHOCK, (uint64_t)d * MAX_STATES, seed);
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) x[i][l] = p->divergence * x[i][l] + p->volatility * w->scratch[i][l];
    }
    if (half > 0.0) {
        fill_uniforms(w->scratch, n, LANES, w->replicate, BLOC, 0, seed);
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) w->interest[0][i][l] += w->scratch[i][l] < 0.5 ? half : -half;
    }
}

/* The draws of the crisis that are not about who or where. */
STAGE draw_shocks(struct batch *w, const struct point *p, int64_t elects, uint64_t seed) {
    fill_uniforms(w->uniform, 6, LANES, w->replicate, CRISIS, 0, seed);
    fill_normals(w->normal, 2, w->replicate, ASSESSMENT, 0, seed);
    fill_normals(w->joining_cost, p->n_states, w->replicate, COST, 0, seed);
    for (int64_t i = 0; i < p->n_states; i++)
        EACH_LANE(l) {
            double cost = exp_bounded(p->cost_heterogeneity * w->joining_cost[i][l]);
            w->joining_cost[i][l] = p->joining_cost * cost;
        }
    if (elects)
        fill_uniforms(w->seat_draw, p->n_states, LANES, w->replicate, SEAT, 0, seed);
}

/* Steps 2 and 3: who challenges whom, over what -------------------------------------------------------------------- */

/* The first state with u * total < cumulative weight: as many states as do not reach it come before. */
STAGE choose(const row *weight, int64_t n, const double *u, double *goal, double *sum, int64_t *choice) {
    EACH_LANE(l) { goal[l] = 0.0; sum[l] = 0.0; choice[l] = 0; }
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) goal[l] += weight[i][l];
    EACH_LANE(l) goal[l] *= u[l];
    for (int64_t i = 0; i < n - 1; i++)
        EACH_LANE(l) {
            double reached = sum[l] + weight[i][l];
            sum[l] = reached;
            choice[l] += reached <= goal[l] ? 1 : 0;
        }
}

STAGE distances(const struct batch *w, const struct point *p, const int64_t *from, double *origin, row *out) {
    for (int64_t d = 0; d < p->dimensions; d++) {
        const row *x = w->interest[d];
        EACH_LANE(l) origin[l] = x[from[l]][l];
        for (int64_t i = 0; i < p->n_states; i++)
            EACH_LANE(l) {
                double gap = x[i][l] - origin[l], before = d ? out[i][l] : 0.0;
                out[i][l] = before + gap * gap;
            }
    }
    for (int64_t i = 0; i < p->n_states; i++)
        EACH_LANE(l) out[i][l] = __builtin_sqrt(out[i][l]);
}

STAGE choose_challenger(struct batch *w, const struct point *p) {
    int64_t n = p->n_states;
    double *mean = w->help_sum, floor = p->onset_floor, power = p->onset_power;
    row *square = w->distance_a;
    for (int64_t d = 0; d < p->dimensions; d++) {
        const row *x = w->interest[d];
        EACH_LANE(l) mean[l] = 0.0;
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) mean[l] += w->capability[i][l] * x[i][l];
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) {
                double gap = x[i][l] - mean[l], before = d ? square[i][l] : 0.0;
                square[i][l] = before + gap * gap;
            }
    }
    if (power == 0.5) {
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) w->weight[i][l] = __builtin_sqrt(w->capability[i][l]);
    } else {
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) w->weight[i][l] = exp_any(power * log_positive(w->capability[i][l]));
    }
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) w->weight[i][l] *= floor + saturate(__builtin_sqrt(square[i][l]));
    choose(w->weight, n, w->uniform[0], w->help_sum, w->join_sum, w->challenger);
}

STAGE choose_target(struct batch *w, const struct point *p) {
    double floor = p->onset_floor;
    distances(w, p, w->challenger, w->help_sum, w->distance_a);
    for (int64_t i = 0; i < p->n_states; i++)
        EACH_LANE(l) {
            double weight = floor + saturate(w->distance_a[i][l]);
            w->weight[i][l] = w->challenger[l] == i ? 0.0 : weight;
        }
    choose(w->weight, p->n_states, w->uniform[1], w->help_sum, w->join_sum, w->target);
    EACH_LANE(l) {
        int64_t a = w->challenger[l], b = w->target[l];
        w->lower[l] = a < b ? a : b;
        w->upper[l] = a < b ? b : a;
    }
}

STAGE set_stage(struct batch *w, const struct point *p) {
    double m = p->decisiveness, floor = p->stake_floor;
    distances(w, p, w->target, w->help_sum, w->distance_b);
    EACH_LANE(l) {
        int64_t a = w->challenger[l], b = w->target[l];
        w->stake[l] = w->distance_a[b][l];
        w->power_a[l] = w->capability[a][l];
        w->power_b[l] = w->capability[b][l];
        w->great_a[l] = w->great[a][l];
        w->member_b[l] = w->member[b][l];
    }
    EACH_LANE(l) {
        double stake = floor + (1.0 - floor) * saturate(w->stake[l]), range = p->war_cost / stake;
        double a = w->power_a[l], b = w->power_b[l];
        double share = logistic(-m * log_positive(b / a)) + p->revisionism * w->normal[0][l];
        w->stake[l] = stake;
        w->cost_range[l] = range;
        w->cost_a[l] = range * w->uniform[2][l];
        w->cost_b[l] = range * w->uniform[3][l];
        w->error[l] = m * p->misperception * w->normal[1][l];
        w->exp_error[l] = exp_any(w->error[l]);
        w->status_quo[l] = smaller(larger(share, 0.0), 1.0);
        w->hegemony[l] = larger(0.0, a + p->spoils * b - p->hegemony) / (1.0 - p->hegemony);
    }
}

/* Logits as sums, or as products of their exponentials ------------------------------------------------------------- */

/* Utilities / noise add up to logits. Where none can be large, their exponentials are multiplied instead: each is then
 * taken once and serves many logits. Both are the same text, compiled twice with `factored` a constant. */
INLINE double term(double x, int factored) { return factored ? exp_bounded(x) : x; }
INLINE double joined(double x, double y, int factored) { return factored ? x * y : x + y; }
INLINE double probability(double x, int factored) { return factored ? x / (1.0 + x) : logistic(x); }
INLINE double neutral(int factored) { return factored ? 1.0 : 0.0; }

/* Factored logits stay below this, so that products of two of their exponentials are finite. */
#define SAFE_LOGIT 300.0
/* No normal draw from 32-bit uniforms is larger. */
#define LARGEST_NORMAL 6.77

static double largest_logit(const struct point *p, const struct institution *i) {
    double interests = p->interest_weight + i->hegemon_weight + 2.0 * i->strength + i->norm;
    double response = i->weight + i->bandwagon_weight + p->efficacy_weight + p->assurance_weight;
    double factor = 0.0;
    for (int64_t r = 0; r < i->rungs; r++)
        factor = larger(factor, i->cost[r]);
    double cost = factor * p->joining_cost * exp_any(p->cost_heterogeneity * LARGEST_NORMAL) * (1.0 + p->power_cost);
    return (interests + response + cost + i->abstention) / p->noise;
}

/* Step 4: third parties -------------------------------------------------------------------------------------------- */

INLINE void describe_third_parties(struct batch *w, const struct point *p, const struct plan *plan,
                                   const int factored) {
    int64_t thirds = p->n_states - 2;
    double per_noise = 1.0 / p->noise, rho = p->power_cost;
    take_thirds(w, thirds, w->capability, w->power);
    take_thirds(w, thirds, w->distance_a, w->near_a);
    take_thirds(w, thirds, w->distance_b, w->near_b);
    take_thirds(w, thirds, w->joining_cost, w->price);
    take_thirds(w, thirds, w->great, w->great_third);
    take_thirds(w, thirds, w->member, w->fellowship);
    EACH_LANE(l) w->power_thirds[l] = 0.0;
    for (int64_t k = 0; k < thirds; k++)
        EACH_LANE(l) {
            double e = w->power[k][l], cost = w->price[k][l];
            double near = saturate(w->near_a[k][l]), far = saturate(w->near_b[k][l]);
            double align = p->interest_weight * (near - far), fellow = w->fellowship[k][l];
            w->align[k][l] = align;
            w->fellowship[k][l] = (1.0 - far) * fellow * w->member_b[l];
            w->price[k][l] = cost * (1.0 + rho * (w->power_a[l] / (w->power_a[l] + e)));
            w->price_a[k][l] = cost * (1.0 + rho * (w->power_b[l] / (w->power_b[l] + e)));
            w->power_thirds[l] += e;
        }
    for (int64_t k = 0; k < thirds; k++)
        EACH_LANE(l) {
            double sympathy = term(w->align[k][l] * per_noise, factored);
            w->sympathy[k][l] = sympathy;
            w->apathy[k][l] = factored ? 1.0 / sympathy : -sympathy;
        }
    for (int64_t f = 0; f < plan->n_f; f++) {
        double weight = -plan->f[f] * per_noise;
        for (int64_t k = 0; k < thirds; k++)
            EACH_LANE(l) w->burden[f * thirds + k][l] = term(weight * w->price[k][l], factored);
    }
    for (int64_t f = 0; f < plan->n_f_a; f++) {
        double weight = -plan->f_a[f] * per_noise;
        for (int64_t k = 0; k < thirds; k++)
            EACH_LANE(l) w->burden_a[f * thirds + k][l] = term(weight * w->price_a[k][l], factored);
    }
}

/* The obligation B and its term, where anybody is obliged. */
INLINE void weigh_obligations(struct batch *w, const struct point *p, const struct rule *rule, const int factored) {
    const struct institution *is = rule->is;
    int64_t thirds = p->n_states - 2, scope = is->scope;
    double per_noise = 1.0 / p->noise, pull = is->strength * is->legitimacy, nearness = 1.0 / is->ally_radius;
    double hegemon_weight = is->hegemon_weight * per_noise;
    EACH_LANE(l) w->hegemony_term[l] = term(hegemon_weight * w->hegemony[l], factored);
    EACH_LANE(l) w->exemption[l] = pull * (1.0 - is->exempt_permanent * w->great_a[l]);
    EACH_LANE(l) w->help_sum[l] = 0.0;
    for (int64_t k = 0; k < thirds; k++) {
        if (!rule->obliged) {
            EACH_LANE(l) { w->obligation[k][l] = 0.0; w->bound[k][l] = neutral(factored); }
            continue;
        }
        if (scope == ALLIES)
            EACH_LANE(l) w->obligation[k][l] = larger(0.0, 1.0 - w->near_b[k][l] * nearness) * w->exemption[l];
        else if (scope == MEMBERS)
            EACH_LANE(l) w->obligation[k][l] = w->fellowship[k][l] * w->exemption[l];
        else
            EACH_LANE(l) w->obligation[k][l] = w->fellowship[k][l] * w->great_third[k][l] * w->exemption[l];
        EACH_LANE(l) {
            double obligation = w->obligation[k][l];
            w->bound[k][l] = term(obligation * per_noise, factored);
            w->help_sum[l] += saturate(obligation) * w->power[k][l];
        }
    }
}
