/* Step 6 of docs/model.md: who is expected to help whom. */

#include "twin_council.h"

/* m p_a p_b / S_b: what a unit of capability adds to the victim's chance. */
INLINE double marginal_effect(double m, double strength_a, double strength_b) {
    double odds = exp_any(m * log_positive(strength_a / strength_b)), whole = 1.0 + odds;
    return m * (odds / (whole * whole * strength_b));
}

/* P(help) and, in *joining, P(join) of the three-way logit against abstaining at 0. */
INLINE double choose_side(double help, double join, double *joining) {
    double top = larger(0.0, larger(help, join));
    double helps = exp_any(help - top), joins = exp_any(join - top), share = 1.0 / (exp_any(-top) + helps + joins);
    *joining = joins * share;
    return helps * share;
}

INLINE void expect_response(struct batch *w, const struct point *p, const struct rule *rule, const int factored) {
    const struct institution *is = rule->is;
    int64_t thirds = p->n_states - 2;
    double per_noise = 1.0 / p->noise, m = p->decisiveness, gamma = p->efficacy_weight * per_noise;
    double balancing = is->weight * per_noise, bandwagon = is->bandwagon_weight * per_noise;
    double assurance = p->assurance_weight * per_noise, pull = is->strength * is->legitimacy * per_noise;
    double norm = term(-is->norm * is->legitimacy * per_noise, factored), nearness = 1.0 / is->ally_radius;
    const row *burden = w->burden + rule->burden[FORCE] * thirds, *burden_a = w->burden_a + rule->burden_a * thirds;
    double *expected = w->effect; /* M̂, before the effect is known */
    EACH_LANE(l) {
        expected[l] = is->residual + (1.0 - is->residual) * w->mandate[FORCE][l];
        w->strength_a[l] = w->power_a[l];
        w->strength_b[l] = w->power_b[l] + p->trust * expected[l] * w->help_sum[l];
        w->support[l] = p->trust;
    }
    for (int64_t k = 0; k < thirds; k++) {
        EACH_LANE(l) w->fixed_join[k][l] = joined(joined(w->apathy[k][l], burden_a[k][l], factored), norm, factored);
        if (is->scope == ALLIES && rule->obliged)
            EACH_LANE(l) {
                double comrade = pull * larger(0.0, 1.0 - w->near_a[k][l] * nearness);
                w->fixed_join[k][l] = joined(w->fixed_join[k][l], term(comrade, factored), factored);
            }
        if (rule->council && rule->obliged)
            EACH_LANE(l) w->fixed_help[k][l] = term(expected[l] * w->obligation[k][l] * per_noise, factored);
        else
            EACH_LANE(l) w->fixed_help[k][l] = w->bound[k][l];
        EACH_LANE(l) {
            double help = joined(w->sympathy[k][l], w->hegemony_term[l], factored);
            w->fixed_help[k][l] = joined(w->fixed_help[k][l], joined(help, burden[k][l], factored), factored);
        }
    }
    for (int64_t round = 0; round < p->rounds; round++) {
        EACH_LANE(l) {
            double a = w->strength_a[l], b = w->strength_b[l], inverse = 1.0 / ((a + b) * b);
            double balance = (a - b) * b * inverse, odds = exp_any(m * log_positive(a * (a + b) * inverse));
            w->drive[l] = term(balancing * balance + assurance * (2.0 * w->support[l] - 1.0), factored);
            w->tilt[l] = bandwagon * balance;
            w->effect[l] = gamma * m * (odds / ((1.0 + odds) * (1.0 + odds) * b));
            w->help_sum[l] = 0.0;
            w->join_sum[l] = 0.0;
        }
        if (factored && bandwagon > 0.0)
            EACH_LANE(l) w->tilt[l] = exp_bounded(w->tilt[l]);
        else if (factored)
            EACH_LANE(l) w->tilt[l] = 1.0;
        for (int64_t k = 0; k < thirds; k += 2) /* in pairs, for the sake of one division; a row too many is zero */
            EACH_LANE(l) {
                double drive = w->drive[l], tilt = w->tilt[l], effect = w->effect[l];
                double e = w->power[k][l], e_2 = w->power[k + 1][l];
                double useful = term(smaller(gamma, effect * e), factored);
                double useful_2 = term(smaller(gamma, effect * e_2), factored);
                double help = joined(joined(w->fixed_help[k][l], drive, factored), useful, factored);
                double help_2 = joined(joined(w->fixed_help[k + 1][l], drive, factored), useful_2, factored);
                double join = joined(w->fixed_join[k][l], tilt, factored);
                double join_2 = joined(w->fixed_join[k + 1][l], tilt, factored);
                if (factored) {
                    double all = 1.0 + help + join, all_2 = 1.0 + help_2 + join_2, inverse = 1.0 / (all * all_2);
                    double weight = e * all_2 * inverse, weight_2 = e_2 * all * inverse;
                    w->help_sum[l] += help * weight + help_2 * weight_2;
                    w->join_sum[l] += join * weight + join_2 * weight_2;
                } else {
                    double joins, joins_2, helps = choose_side(help, join, &joins);
                    double helps_2 = choose_side(help_2, join_2, &joins_2);
                    w->help_sum[l] += helps * e + helps_2 * e_2;
                    w->join_sum[l] += joins * e + joins_2 * e_2;
                }
            }
        EACH_LANE(l) {
            w->strength_a[l] = w->power_a[l] + w->join_sum[l];
            w->strength_b[l] = w->power_b[l] + w->help_sum[l];
            w->support[l] = thirds ? w->help_sum[l] / w->power_thirds[l] : 0.0;
        }
    }
}

INLINE void expect_pressure(struct batch *w, const struct point *p, const struct rule *rule, const int factored) {
    int64_t thirds = p->n_states - 2;
    double assurance = p->assurance_weight / p->noise;
    EACH_LANE(l) w->pressure[l] = 0.0;
    if (rule->is->rungs == 1 || thirds == 0)
        return;
    EACH_LANE(l) {
        double assured = term(assurance * (2.0 * w->support[l] - 1.0), factored);
        w->drive[l] = joined(assured, w->hegemony_term[l], factored);
    }
    for (int64_t item = 1; item < rule->is->rungs; item++) {
        const row *burden = w->burden + rule->burden[item] * thirds;
        double severity = rule->is->severity[item];
        EACH_LANE(l) w->help_sum[l] = 0.0;
        for (int64_t k = 0; k < thirds; k++)
            EACH_LANE(l) {
                double value = joined(w->sympathy[k][l], w->bound[k][l], factored);
                value = joined(joined(value, burden[k][l], factored), w->drive[l], factored);
                w->help_sum[l] += probability(value, factored) * w->power[k][l];
            }
        EACH_LANE(l) {
            double whole = w->stake[l] * w->power_thirds[l];
            w->pressure[l] += w->mandate[item][l] * severity * w->help_sum[l] / whole;
        }
    }
}

INLINE void expect(struct batch *w, const struct point *p, const struct rule *rule, const int factored) {
    weigh_obligations(w, p, rule, factored);
    expect_mandates(w, p, rule, factored);
    expect_response(w, p, rule, factored);
    expect_pressure(w, p, rule, factored);
}

STAGE expect_factored(struct batch *w, const struct point *p, const struct rule *rule) { expect(w, p, rule, 1); }
STAGE expect_summed(struct batch *w, const struct point *p, const struct rule *rule) { expect(w, p, rule, 0); }
STAGE describe_factored(struct batch *w, const struct point *p, const struct plan *plan) {
    describe_third_parties(w, p, plan, 1);
}
STAGE describe_summed(struct batch *w, const struct point *p, const struct plan *plan) {
    describe_third_parties(w, p, plan, 0);
}
