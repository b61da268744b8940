/* The one-shot model as an expert writes it in C: the yardstick of the kernel's speed, and a second opinion on its counts.
 *
 * Batches of LANES replicates pass through each step of docs/model.md together. A row holds one number per lane and the
 * innermost loop is always over lanes, so that the compiler vectorises it. The world is made once per batch; each
 * institution then works on the n - 2 third parties, and the crises that call for a response are packed together.
 *
 * Draws have csmc's addresses, and the elementary functions its bits (csmc/kernel/draws.py, mathematics.py); sums and
 * products may be taken in another order, so a decision can differ where a draw falls within rounding of its threshold.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef LANES
#define LANES 128
#endif
#define MAX_STATES 64
#define MAX_RUNGS 4
#define N_OUTCOMES 10
#define FORCE 0

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif
/* Rows of one loop never overlap, or overlap only in the same lane. */
#define FOR(l, count) INDEPENDENT for (int64_t l = 0; l < (count); l++)
#define EACH_LANE(l) FOR(l, LANES)
#define INLINE static inline __attribute__((always_inline))

typedef double row[LANES] __attribute__((aligned(64)));
/* A piece of a row that fits a register. */
#define STRIP 8
typedef double strip_row __attribute__((vector_size(8 * STRIP), may_alias));
typedef int64_t strip_bits __attribute__((vector_size(8 * STRIP)));

/* The fields of csmc.parameters.POINT_DTYPE and csmc.institutions.INSTITUTION_DTYPE that a one-shot model reads. */
struct point {
    int64_t equal_capability, n_states, great_powers, dimensions, rounds;
    double capability_sigma, members, great_power_members, divergence, polarization, volatility;
    double onset_power, onset_floor, stake_floor, decisiveness, revisionism, war_cost, audience_cost, challenge_cost;
    double misperception, hegemony, general_war, interest_weight, efficacy_weight, assurance_weight, joining_cost;
    double power_cost, cost_heterogeneity, noise, vote_cost, spoils, trust;
};

struct institution {
    int64_t scope, seating, seats, veto, parties_abstain, rungs;
    double strength, ally_radius, residual, exempt_permanent, weight, hegemon_weight, bandwagon_weight, quota;
    double abstention, legitimacy, mediation, condemnation, norm;
    double severity[MAX_RUNGS], cost[MAX_RUNGS];
};

enum { SCOPE_NONE, ALLIES, MEMBERS, GREAT_POWERS };
enum { NO_COUNCIL, SEATS_ALL, SEATS_GREAT_POWERS, SEATS_NUMBER };
enum { VETO_NONE, VETO_PERMANENT, VETO_ALL };
enum { CAPABILITY_NORMAL = 0, BASE_INTEREST = 4, BLOC = 5, MEMBERSHIP = 7, INTEREST_SHOCK = 8,
       CRISIS = 10, ASSESSMENT = 11, COST = 12, SEAT = 13, VOTE = 14, PARTICIPATION = 15 };
enum { NO_CHALLENGE, NEGOTIATED_SETTLEMENT, BACKDOWN, BEFORE_RUNG_1 = BACKDOWN,
       COERCED_BY_FORCE = 6, BILATERAL_WAR, LIMITED_WAR, GENERAL_WAR, RESPONSE = -1 };

/* ---- Elementary functions ------------------------------------------------------------------------------------- */

INLINE double smaller(double x, double y) { return x < y ? x : y; }
INLINE double larger(double x, double y) { return x > y ? x : y; }
INLINE double from_bits(int64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
INLINE int64_t bits_of(double x) { int64_t bits; memcpy(&bits, &x, 8); return bits; }

#define FMA __builtin_fma
#define LN2_HIGH 0.6931471803691238
#define LN2_LOW 1.9082149292705877e-10

/* e**x for |x| <= 708. */
INLINE double exp_bounded(double x) {
    const double round = 6755399441055744.0;
    double shifted = FMA(x, 1.4426950408889634, round);
    double k = shifted - round;
    double r = FMA(k, -LN2_LOW, FMA(k, -LN2_HIGH, x));
    double p = FMA(2.510038549551032e-08, r, 2.7620088445409746e-07);
    p = FMA(p, r, 2.7557268459997064e-06);
    p = FMA(p, r, 2.4801521295954376e-05);
    p = FMA(p, r, 0.00019841269863053618);
    p = FMA(p, r, 0.0013888888917213717);
    p = FMA(p, r, 0.008333333333330062);
    p = FMA(p, r, 0.04166666666662413);
    p = FMA(p, r, 0.16666666666666669);
    p = FMA(p, r, 0.5);
    p = FMA(p, r * r, r) + 1.0;
    return from_bits(bits_of(p) + (int64_t)((uint64_t)bits_of(shifted) << 52));
}

INLINE double exp_any(double x) { return exp_bounded(smaller(larger(x, -708.0), 708.0)); }

/* The natural logarithm of a normal x > 0. */
INLINE double log_positive(double x) {
    int64_t bits = bits_of(x);
    int64_t exponent = (bits - 0x3FE6A09E667F3BCD) >> 52;
    double k = (double)exponent;
    double f = from_bits(bits - (int64_t)((uint64_t)exponent << 52)) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double p = FMA(1.479819860511658591e-01, z, 1.531383769920937332e-01);
    p = FMA(p, z, 1.818357216161805012e-01);
    p = FMA(p, z, 2.222219843214978396e-01);
    p = FMA(p, z, 2.857142874366239149e-01);
    p = FMA(p, z, 3.999999999940941908e-01);
    p = FMA(p, z, 6.666666666666735130e-01);
    p = p * z;
    double half = 0.5 * f * f;
    return FMA(k, LN2_HIGH, f - (half - FMA(s, half + p, k * LN2_LOW)));
}

/* cos and sin of u turns, u in [0, 1]. */
INLINE void cos_sin_turn(double u, double *cosine, double *sine) {
    double quarters = 4.0 * u;
    double k = __builtin_floor(quarters + 0.5);
    double r = (quarters - k) * 1.5707963267948966;
    double z = r * r;
    double s = FMA(-7.586685070091267e-13, z, 1.605853141458901e-10);
    s = FMA(s, z, -2.5052106231157904e-08);
    s = FMA(s, z, 2.7557319219335453e-06);
    s = FMA(s, z, -0.0001984126984126506);
    s = FMA(s, z, 0.008333333333333331);
    s = FMA(s, z, -0.16666666666666666);
    s = FMA(s * z, r, r);
    double c = FMA(-1.1382614868556325e-11, z, 2.0876146024689747e-09);
    c = FMA(c, z, -2.7557317270560326e-07);
    c = FMA(c, z, 2.4801587298763433e-05);
    c = FMA(c, z, -0.0013888888888887395);
    c = FMA(c, z, 0.041666666666666664);
    c = FMA(c, z * z, FMA(-0.5, z, 1.0));
    int odd = (k == 1.0) | (k == 3.0);
    double x = odd ? s : c, y = odd ? c : s;
    *cosine = ((k == 1.0) | (k == 2.0)) ? -x : x;
    *sine = ((k == 2.0) | (k == 3.0)) ? -y : y;
}

INLINE double logistic(double x) { return 1.0 / (1.0 + exp_any(-x)); }
INLINE double saturate(double x) { return x / (1.0 + x); }

/* ---- Draws: Philox4x32-10 at (seed, replicate, purpose, index); the episode is always 0 ------------------------- */

#define WORD 0xFFFFFFFFull

INLINE double unit_interval(uint64_t word) {
    return (from_bits((int64_t)(word | 0x4330000000000000ull)) - 4503599627370496.0 + 0.5) * 0x1p-32;
}

INLINE void four_uniforms(uint64_t replicate, uint64_t place, uint64_t seed, double u[4]) {
    uint64_t c0 = replicate & WORD, c1 = replicate >> 32, c2 = 0, c3 = place, k0 = seed & WORD, k1 = seed >> 32;
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
        uint64_t product_0 = (c0 & WORD) * 0xD2511F53ull, product_1 = (c2 & WORD) * 0xCD9E8D57ull;
        c0 = (product_1 >> 32) ^ c1 ^ k0;
        c1 = product_1 & WORD;
        c2 = (product_0 >> 32) ^ c3 ^ k1;
        c3 = product_0 & WORD;
        k0 = (k0 + 0x9E3779B9ull) & WORD;
        k1 = (k1 + 0xBB67AE85ull) & WORD;
    }
    u[0] = unit_interval(c0);
    u[1] = unit_interval(c1);
    u[2] = unit_interval(c2);
    u[3] = unit_interval(c3);
}

/* Rows 0..n-1 (rounded up to a multiple of 4) = uniforms at indices first..first+n-1. */
static void fill_uniforms(row *out, int64_t n, int64_t count, const uint64_t *replicate, uint64_t purpose,
                          uint64_t first, uint64_t seed) {
    for (int64_t i = 0; i < n; i += 4) {
        uint64_t place = purpose << 16 | (first + (uint64_t)i) / 4;
        row *at = out + i;
        FOR(l, count) {
            double u[4];
            four_uniforms(replicate[l], place, seed, u);
            at[0][l] = u[0];
            at[1][l] = u[1];
            at[2][l] = u[2];
            at[3][l] = u[3];
        }
    }
}

/* The same, standard normals (Box and Muller). */
static void fill_normals(row *out, int64_t n, const uint64_t *replicate, uint64_t purpose, uint64_t first,
                         uint64_t seed) {
    for (int64_t i = 0; i < n; i += 4) {
        uint64_t place = purpose << 16 | (first + (uint64_t)i) / 4;
        row *at = out + i;
        EACH_LANE(l) {
            double u[4], cosine, sine, radius;
            four_uniforms(replicate[l], place, seed, u);
            radius = __builtin_sqrt(-2.0 * log_positive(u[0]));
            cos_sin_turn(u[1], &cosine, &sine);
            at[0][l] = radius * cosine;
            at[1][l] = radius * sine;
            radius = __builtin_sqrt(-2.0 * log_positive(u[2]));
            cos_sin_turn(u[3], &cosine, &sine);
            at[2][l] = radius * cosine;
            at[3][l] = radius * sine;
        }
    }
}

/* ---- What is kept of a batch ------------------------------------------------------------------------------------ */

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
    row stake, status_quo, cost_range, cost_a, cost_b, error, exp_error, power_a, power_b, power_thirds, hegemony, great_a;
    row member_b;
    /* third parties as every institution finds them; terms are what `term` makes of a utility / noise */
    row *power, *align, *near_a, *near_b, *fellowship, *great_third, *price, *price_a;
    row *sympathy, *apathy;   /* terms of alpha al and of -alpha al */
    row *burden, *burden_a;   /* terms of -f C and of -f C^a, [f * thirds + k] */
    row *voter;               /* [seating * thirds + k] */
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
    int64_t burden[MAX_RUNGS], vote_burden[MAX_RUNGS], burden_a; /* which cost factors, see `struct cost_factors` */
};

/* The distinct factors f of all costs f C, so that each exp(-f C) is taken once per world. */
struct cost_factors {
    int64_t n, n_a;
    double *f, *f_a;
};

INLINE double third_party(const row *rows, int64_t k, int64_t l, int64_t lower, int64_t upper) {
    double here = rows[k][l], past_one = rows[k + 1][l], past_two = rows[k + 2][l];
    double after = k + 1 < upper ? past_one : past_two;
    return k < lower ? here : after;
}

static void take_thirds(const struct batch *w, int64_t thirds, const row *states, row *out) {
    for (int64_t k = 0; k < thirds; k++)
        EACH_LANE(l) out[k][l] = third_party(states, k, l, w->lower[l], w->upper[l]);
}

/* ---- Start: capability, great powers, members, interests --------------------------------------------------------- */

/* The `count` states with the largest capability, ties to the lower index. */
static void name_great_powers(struct batch *w, int64_t n, int64_t count) {
    double *most = w->help_sum, *who = w->join_sum;
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) w->great[i][l] = 0.0;
    for (int64_t rank = 0; rank < count; rank++) {
        EACH_LANE(l) { most[l] = -1.0; who[l] = -1.0; }
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) {
                double c = w->great[i][l] > 0.0 ? -1.0 : w->capability[i][l];
                double best = most[l], whose = who[l];
                who[l] = c > best ? (double)i : whose;
                most[l] = c > best ? c : best;
            }
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) { double great = w->great[i][l]; w->great[i][l] = who[l] == (double)i ? 1.0 : great; }
    }
}

static void start(struct batch *w, const struct point *p, uint64_t seed) {
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

/* ---- Steps 2 and 3: who challenges whom, over what ---------------------------------------------------------------- */

/* The first state with u * total < cumulative weight: as many states as do not reach it come before. */
static void choose(const row *weight, int64_t n, const double *u, double *goal, double *sum, int64_t *choice) {
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

static void distances(const struct batch *w, const struct point *p, const int64_t *from, double *origin, row *out) {
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

static void choose_challenger(struct batch *w, const struct point *p) {
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

static void choose_target(struct batch *w, const struct point *p) {
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

static void set_stage(struct batch *w, const struct point *p) {
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

/* ---- Logits as sums, or as products of their exponentials --------------------------------------------------------- */

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

/* ---- Step 4: third parties -------------------------------------------------------------------------------------------- */

INLINE void describe_third_parties(struct batch *w, const struct point *p, const struct cost_factors *factors,
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
    for (int64_t f = 0; f < factors->n; f++) {
        double weight = -factors->f[f] * per_noise;
        for (int64_t k = 0; k < thirds; k++)
            EACH_LANE(l) w->burden[f * thirds + k][l] = term(weight * w->price[k][l], factored);
    }
    for (int64_t f = 0; f < factors->n_a; f++) {
        double weight = -factors->f_a[f] * per_noise;
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

/* ---- Step 5: the council ------------------------------------------------------------------------------------------------ */

/* Seat the `places` candidates with the smallest draws, ties to the lower index: find by bisection how small is small. */
static void elect(struct batch *w, int64_t n, const row *candidate, const double *places, row *seat) {
    double *low = w->help_sum, *high = w->join_sum, *below_low = w->drive, *count = w->tilt;
    row *order = w->weight; /* draws; those of others are never small enough */
    EACH_LANE(l) count[l] = 0.0;
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) {
            order[i][l] = candidate[i][l] > 0.0 ? w->seat_draw[i][l] : 2.0;
            count[l] += candidate[i][l];
        }
    EACH_LANE(l) {
        int enough = count[l] <= places[l];
        low[l] = enough ? 1.0 : 0.0;
        high[l] = 1.0;
        below_low[l] = enough ? count[l] : 0.0;
    }
    for (int64_t step = 0, unsettled = 1; step < 33 && unsettled; step++) {
        EACH_LANE(l) count[l] = 0.0;
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) count[l] += order[i][l] <= 0.5 * (low[l] + high[l]) ? 1.0 : 0.0;
        EACH_LANE(l) {
            double a = low[l], b = high[l], middle = 0.5 * (a + b), c = count[l], goal = places[l], before = below_low[l];
            low[l] = c <= goal ? middle : a;
            below_low[l] = c <= goal ? c : before;
            high[l] = c >= goal ? middle : b;
        }
        unsettled = 0;
        for (int64_t l = 0; l < LANES; l++)
            unsettled += low[l] < high[l];
    }
    EACH_LANE(l) count[l] = places[l] - below_low[l]; /* places left for draws that are equal */
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) {
            int below = order[i][l] <= low[l], tied = (!below) & (order[i][l] <= high[l]) & (count[l] > 0.0);
            seat[i][l] += (below | tied) ? 1.0 : 0.0;
            count[l] -= tied ? 1.0 : 0.0;
        }
}

/* Permanent members first, the largest if there are more of them than seats. */
static void seat_number(struct batch *w, int64_t n, double seats, row *seat) {
    double *free = w->unblocked, most = 0.0;
    EACH_LANE(l) free[l] = 0.0;
    for (int64_t i = 0; i < n; i++)
        EACH_LANE(l) {
            double permanent = w->great[i][l] * w->member[i][l];
            seat[i][l] = permanent;
            w->scratch[i][l] = w->member[i][l] - permanent;
            free[l] += permanent;
        }
    for (int64_t l = 0; l < LANES; l++)
        most = larger(most, free[l]);
    EACH_LANE(l) free[l] = larger(seats - free[l], 0.0);
    for (int64_t i = 0; i < n && most > seats; i++) {
        double *before = w->help_sum;
        EACH_LANE(l) before[l] = 0.0;
        for (int64_t j = 0; j < n; j++)
            EACH_LANE(l) {
                double mine = w->capability[i][l], theirs = w->capability[j][l];
                int precedes = (theirs > mine) | ((theirs == mine) & (j < i));
                before[l] += precedes ? w->great[j][l] * w->member[j][l] : 0.0;
            }
        EACH_LANE(l) { double permanent = seat[i][l]; seat[i][l] = before[l] < seats ? permanent : 0.0; }
    }
    elect(w, n, w->scratch, free, seat);
}

static void seat_council(struct batch *w, const struct point *p, int64_t seating, int64_t seats, row *seat, row *voter) {
    int64_t n = p->n_states;
    if (seating == SEATS_NUMBER)
        seat_number(w, n, (double)seats, seat);
    else
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) {
                double great = w->great[i][l];
                seat[i][l] = w->member[i][l] * (seating == SEATS_GREAT_POWERS ? great : 1.0);
            }
    take_thirds(w, n - 2, seat, voter);
}

/* Who may vote and veto, and how many votes of third parties a measure needs. */
static void convene(struct batch *w, const struct point *p, const struct rule *rule) {
    const struct institution *is = rule->is;
    int64_t thirds = p->n_states - 2, permanent = is->veto == VETO_PERMANENT;
    const row *seat = w->seat + rule->seating * p->n_states, *voter = w->voter + rule->seating * thirds;
    double *eligible = w->unblocked, quota = is->quota, parties_vote = is->parties_abstain ? 0.0 : 1.0;
    EACH_LANE(l) {
        double a_votes = seat[w->challenger[l]][l] * parties_vote, b_votes = seat[w->target[l]][l] * parties_vote;
        w->victim_votes[l] = b_votes;
        w->challenger_vetoes[l] = a_votes * (permanent ? w->great_a[l] : is->veto == VETO_ALL ? 1.0 : 0.0);
        eligible[l] = a_votes + b_votes;
    }
    for (int64_t k = 0; k < thirds; k++)
        EACH_LANE(l) eligible[l] += voter[k][l];
    EACH_LANE(l) {
        double need = larger(__builtin_ceil(quota * eligible[l] - 1e-9), 0.0);
        need = ((quota > 0.0) & (eligible[l] == 0.0)) ? -1.0 : need;
        w->need[l] = need;
        w->remaining[l] = larger(need - w->victim_votes[l], 0.0);
    }
    for (int64_t strip = 0; strip < LANES / STRIP; strip++) {
        double highest = 0.0, lowest = MAX_STATES;
        for (int64_t l = strip * STRIP; l < (strip + 1) * STRIP; l++) {
            highest = larger(highest, w->remaining[l]);
            lowest = smaller(lowest, w->remaining[l]);
        }
        w->highest[strip] = (int64_t)highest;
        w->lowest[strip] = (int64_t)lowest;
    }
    if (permanent)
        for (int64_t k = 0; k < thirds; k++)
            EACH_LANE(l) w->permanent[k][l] = voter[k][l] * w->great_third[k][l];
}

/* For every third party: P(yes), given that a veto holder does not vote no, times the right to vote; and no veto. */
INLINE void expect_votes(struct batch *w, const struct point *p, const struct rule *rule, int64_t item,
                         const row *holder, const int factored) {
    int64_t thirds = p->n_states - 2;
    double shift = rule->is->abstention / p->noise, up = exp_any(shift), down = exp_any(-shift);
    const row *burden = w->burden + rule->vote_burden[item] * thirds, *voter = w->voter + rule->seating * thirds;
    EACH_LANE(l) w->unblocked[l] = 1.0 - w->challenger_vetoes[l];
    for (int64_t k = 0; k < thirds; k++)
        EACH_LANE(l) {
            double value = joined(w->sympathy[k][l], w->hegemony_term[l], factored), yes;
            value = joined(joined(value, w->bound[k][l], factored), burden[k][l], factored);
            if (!holder) {
                yes = factored ? value / (value + up) : logistic(value - shift);
            } else {
                double holds = holder[k][l], not_no;
                if (factored) {
                    double above = value + up, below = value + down, inverse = 1.0 / (above * below);
                    not_no = value * above * inverse;
                    yes = (value + holds * down) * below * inverse;
                } else {
                    not_no = logistic(value + shift);
                    yes = logistic(value - shift);
                    yes = holds > 0.0 ? smaller(yes / not_no, 1.0) : yes;
                }
                w->unblocked[l] *= holds > 0.0 ? not_no : 1.0;
            }
            w->yes[k][l] = yes * voter[k][l];
        }
}

/* The chance that enough vote yes (Poisson-binomial): a countdown of the votes still needed, two voters at a time,
 * without the counts that no votes so far can have reached or that too few are left to bring to zero. */
static void count_down(const struct batch *w, int64_t thirds, double *chance) {
    for (int64_t strip = 0; strip < LANES; strip += STRIP) {
        int64_t highest = w->highest[strip / STRIP], lowest = w->lowest[strip / STRIP];
        strip_row odds[MAX_STATES + 3], one_vote = {1, 1, 1, 1, 1, 1, 1, 1};
        strip_row remaining = *(const strip_row *)(w->remaining + strip);
        for (int64_t r = 0; r < highest + 3; r++)
            odds[r] = (strip_row)((remaining == (double)r) & (strip_bits)one_vote);
        for (int64_t k = 0; k < thirds; k += 2) {
            int64_t from = lowest - k - 2 > 1 ? lowest - k - 2 : 1;
            int64_t to = thirds - k - 1 < highest ? thirds - k - 1 : highest;
            strip_row p = *(const strip_row *)(w->yes[k] + strip), q = *(const strip_row *)(w->yes[k + 1] + strip);
            strip_row both = p * q, either = p + q - both, one = either - both, none = 1.0 - either;
            odds[0] += odds[1] * either + odds[2] * both;
            strip_row here = odds[from], next = odds[from + 1];
            for (int64_t r = from; r <= to; r++) {
                strip_row after = odds[r + 2];
                odds[r] = here * none + next * one + after * both;
                here = next;
                next = after;
            }
        }
        memcpy(chance + strip, odds, sizeof *odds);
    }
}

INLINE void expect_mandate(struct batch *w, const struct point *p, const struct rule *rule, int64_t item,
                           const row *holder, const int factored) {
    double *mandate = w->mandate[item];
    expect_votes(w, p, rule, item, holder, factored);
    count_down(w, p->n_states - 2, mandate);
    EACH_LANE(l) {
        double chance = w->unblocked[l] * mandate[l];
        mandate[l] = w->need[l] < 0.0 ? 0.0 : chance;
    }
}

/* The chance of each rung's authorisation. */
INLINE void expect_mandates(struct batch *w, const struct point *p, const struct rule *rule, const int factored) {
    for (int64_t item = 0; item < rule->is->rungs; item++)
        if (!rule->council)
            EACH_LANE(l) w->mandate[item][l] = 1.0;
        else if (rule->is->veto == VETO_NONE)
            expect_mandate(w, p, rule, item, NULL, factored);
        else if (rule->is->veto == VETO_PERMANENT)
            expect_mandate(w, p, rule, item, w->permanent, factored);
        else
            expect_mandate(w, p, rule, item, w->voter + rule->seating * (p->n_states - 2), factored);
}

/* ---- Step 6: the expected response ------------------------------------------------------------------------------------- */

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
    EACH_LANE(l) w->drive[l] = joined(term(assurance * (2.0 * w->support[l] - 1.0), factored), w->hegemony_term[l], factored);
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
        EACH_LANE(l) w->pressure[l] += w->mandate[item][l] * severity * w->help_sum[l] / (w->stake[l] * w->power_thirds[l]);
    }
}

INLINE void expect(struct batch *w, const struct point *p, const struct rule *rule, const int factored) {
    weigh_obligations(w, p, rule, factored);
    expect_mandates(w, p, rule, factored);
    expect_response(w, p, rule, factored);
    expect_pressure(w, p, rule, factored);
}

static void expect_factored(struct batch *w, const struct point *p, const struct rule *rule) { expect(w, p, rule, 1); }
static void expect_summed(struct batch *w, const struct point *p, const struct rule *rule) { expect(w, p, rule, 0); }
static void describe_factored(struct batch *w, const struct point *p, const struct cost_factors *f) {
    describe_third_parties(w, p, f, 1);
}
static void describe_summed(struct batch *w, const struct point *p, const struct cost_factors *f) {
    describe_third_parties(w, p, f, 0);
}

/* ---- Steps 7 and 8: bargaining -------------------------------------------------------------------------------------------- */

/* Counts what ends at the table among the first `inside` lanes and chooses the crises that call for a response. */
static void negotiate(struct batch *w, const struct point *p, const struct rule *rule, int64_t inside,
                      struct survivors *s, int64_t *counts, double *concessions) {
    const struct institution *is = rule->is;
    double m = p->decisiveness, mu = is->mediation * is->legitimacy, per_war_cost = 1.0 / p->war_cost;
    double entry = p->challenge_cost + is->condemnation * is->legitimacy;
    int64_t outcome[LANES], none = 0, settled = 0, backdown = 0, count = 0;
    EACH_LANE(l) {
        double stake = w->stake[l], per_stake = 1.0 / stake, q = w->status_quo[l], range = w->cost_range[l];
        double against = exp_any(m * log_positive(w->strength_b[l] / w->strength_a[l]));
        double estimate = 1.0 / (1.0 + against), belief = 1.0 / (1.0 + against * w->exp_error[l]);
        double fighting = belief - w->cost_a[l], pressed = fighting - w->pressure[l];
        double retreat = q - p->audience_cost * per_stake, refused = larger(pressed, retreat);
        double z = smaller(larger(0.5 * (range - belief + refused), 0.0), smaller(range, 1.0 - belief));
        double risk = z * stake * per_war_cost;
        double bargained = (1.0 - risk) * (belief + z) + risk * refused;
        double value = (1.0 - mu) * bargained + mu * (belief + 0.5 * z);
        int deterred = value - entry * per_stake <= q, mediated = w->uniform[4][l] < mu;
        int accepted = w->cost_b[l] >= belief + z - estimate;
        double settlement = belief + (mediated ? 0.5 * z : z);
        int agreed = (!deterred) & (mediated | accepted);
        int64_t end = agreed ? NEGOTIATED_SETTLEMENT : deterred ? NO_CHALLENGE : pressed < retreat ? BACKDOWN : RESPONSE;
        outcome[l] = l < inside ? end : GENERAL_WAR;
        w->fighting[l] = fighting;
        w->retreat[l] = retreat;
        w->concession[l] = (agreed & (l < inside)) ? settlement - q : 0.0;
    }
    EACH_LANE(l) concessions[l] += w->concession[l];
    for (int64_t l = 0; l < LANES; l++) {
        none += outcome[l] == NO_CHALLENGE ? 1 : 0;
        settled += outcome[l] == NEGOTIATED_SETTLEMENT ? 1 : 0;
        backdown += outcome[l] == BACKDOWN ? 1 : 0;
    }
    counts[NO_CHALLENGE] += none;
    counts[NEGOTIATED_SETTLEMENT] += settled;
    counts[BACKDOWN] += backdown;
    for (int64_t l = 0; l < LANES; l++) {
        s->chosen[count] = l;
        count += outcome[l] == RESPONSE;
    }
    s->count = count;
}

/* ---- Step 9: the response, and war ------------------------------------------------------------------------------------------ */

static void pick(const struct survivors *s, const double *from, double *to) {
    FOR(i, s->padded) to[i] = from[s->chosen[i]];
}

static void gather(struct survivors *s, const struct batch *w, const struct point *p, const struct rule *rule) {
    const struct institution *is = rule->is;
    int64_t thirds = p->n_states - 2;
    double pull = is->strength * is->legitimacy, nearness = 1.0 / is->ally_radius, norm = is->norm * is->legitimacy;
    s->padded = (s->count + 7) / 8 * 8;
    for (int64_t i = s->count; i < s->padded; i++)
        s->chosen[i] = s->chosen[0];
    for (int64_t i = 0; i < s->padded; i++) {
        int64_t l = s->chosen[i];
        s->replicate[i] = w->replicate[l];
        s->lower[i] = w->lower[l];
        s->upper[i] = w->upper[l];
        s->outcome[i] = RESPONSE;
        s->sanctions[i] = 0.0;
        s->authorised[i] = 1.0;
    }
    pick(s, w->stake, s->stake);
    pick(s, w->cost_a, s->cost_a);
    pick(s, w->error, s->error);
    pick(s, w->power_a, s->power_a);
    pick(s, w->power_b, s->power_b);
    pick(s, w->power_thirds, s->power_thirds);
    pick(s, w->strength_a, s->strength_a);
    pick(s, w->strength_b, s->strength_b);
    pick(s, w->support, s->support);
    pick(s, w->fighting, s->fighting);
    pick(s, w->retreat, s->retreat);
    pick(s, w->hegemony, s->hegemony);
    if (rule->council) {
        pick(s, w->need, s->need);
        pick(s, w->victim_votes, s->victim_votes);
        pick(s, w->challenger_vetoes, s->challenger_vetoes);
    }
    for (int64_t k = 0; k < thirds; k++) {
        pick(s, w->power[k], s->power[k]);
        pick(s, w->align[k], s->utility[k]);
        pick(s, w->obligation[k], s->obligation[k]);
        pick(s, w->price[k], s->price[k]);
        pick(s, w->price_a[k], s->price_a[k]);
        if (is->scope == ALLIES)
            pick(s, w->near_a[k], s->join_utility[k]);
        FOR(i, s->padded) {
            double align = s->utility[k][i], distance = s->join_utility[k][i];
            double comrade = is->scope == ALLIES ? pull * larger(0.0, 1.0 - distance * nearness) : 0.0;
            s->join_utility[k][i] = comrade - align - norm;
            s->utility[k][i] = align + is->hegemon_weight * s->hegemony[i];
        }
        if (rule->council) {
            pick(s, w->voter[rule->seating * thirds + k], s->voter[k]);
            if (is->veto == VETO_PERMANENT)
                pick(s, w->permanent[k], s->veto[k]);
        }
    }
}

/* u < 1 / (1 + e^-x) without the division. */
INLINE int happens(double u, double x) { return u * (1.0 + exp_any(-x)) < 1.0; }

static void vote(struct survivors *s, const struct point *p, const struct rule *rule, int64_t item, uint64_t seed) {
    const struct institution *is = rule->is;
    double *yes = s->first, *vetoes = s->second, per_noise = 1.0 / p->noise, factor = p->vote_cost * is->cost[item];
    const row *holder = is->veto == VETO_PERMANENT ? s->veto : s->voter;
    double vetoing = is->veto == VETO_NONE ? 0.0 : 1.0;
    fill_uniforms(s->draw, p->n_states, s->padded, s->replicate, VOTE, (uint64_t)item * MAX_STATES, seed);
    FOR(i, s->padded) { yes[i] = s->victim_votes[i]; vetoes[i] = s->challenger_vetoes[i]; }
    for (int64_t k = 0; k < p->n_states - 2; k++)
        FOR(i, s->padded) {
            double u = third_party(s->draw, k, i, s->lower[i], s->upper[i]);
            double value = s->utility[k][i] + s->obligation[k][i] - factor * s->price[k][i];
            double voter = s->voter[k][i], holds = holder[k][i] * vetoing;
            yes[i] += happens(u, (value - is->abstention) * per_noise) ? voter : 0.0;
            vetoes[i] += happens(u, (value + is->abstention) * per_noise) ? 0.0 : holds;
        }
    FOR(i, s->padded) {
        int passes = (vetoes[i] == 0.0) & (s->need[i] >= 0.0) & (yes[i] >= s->need[i]);
        s->authorised[i] = passes ? 1.0 : 0.0;
    }
}

static void take_lower_rung(struct survivors *s, const struct point *p, const struct rule *rule, int64_t item,
                            uint64_t seed) {
    double *taking_part = s->first, cost = rule->is->cost[item], severity = rule->is->severity[item];
    double per_noise = 1.0 / p->noise, assurance = p->assurance_weight;
    int64_t thirds = p->n_states - 2;
    fill_uniforms(s->draw, p->n_states, s->padded, s->replicate, PARTICIPATION, (uint64_t)item * MAX_STATES, seed);
    FOR(i, s->padded) taking_part[i] = 0.0;
    for (int64_t k = 0; k < thirds; k++)
        FOR(i, s->padded) {
            double u = third_party(s->draw, k, i, s->lower[i], s->upper[i]), e = s->power[k][i];
            double value = s->utility[k][i] + s->obligation[k][i] - cost * s->price[k][i];
            value += assurance * (2.0 * s->support[i] - 1.0);
            taking_part[i] += happens(u, value * per_noise) ? e : 0.0;
        }
    FOR(i, s->padded) {
        int64_t outcome = s->outcome[i];
        int taken = (outcome == RESPONSE) & (s->authorised[i] > 0.0);
        double share = thirds ? taking_part[i] / s->power_thirds[i] : 0.0;
        double sanctions = s->sanctions[i] + (taken ? severity * share / s->stake[i] : 0.0);
        int yields = taken & (s->fighting[i] - sanctions < s->retreat[i]);
        s->sanctions[i] = sanctions;
        s->outcome[i] = yields ? BEFORE_RUNG_1 + item : outcome;
    }
}

static void use_force(struct survivors *s, const struct point *p, const struct rule *rule, uint64_t seed) {
    const struct institution *is = rule->is;
    double *helping = s->first, *joining = s->second, *effect = s->third;
    double per_noise = 1.0 / p->noise, m = p->decisiveness, cost = is->cost[FORCE];
    fill_uniforms(s->draw, p->n_states, s->padded, s->replicate, PARTICIPATION, 0, seed);
    FOR(i, s->padded) {
        effect[i] = marginal_effect(m, s->strength_a[i], s->strength_b[i]);
        helping[i] = 0.0;
        joining[i] = 0.0;
    }
    for (int64_t k = 0; k < p->n_states - 2; k++)
        FOR(i, s->padded) {
            double u = third_party(s->draw, k, i, s->lower[i], s->upper[i]), e = s->power[k][i];
            double a = s->strength_a[i], b = s->strength_b[i], balance = (a - b) / (a + b);
            double mandate = s->authorised[i] > 0.0 ? 1.0 : is->residual;
            double help = s->utility[k][i] + mandate * s->obligation[k][i] + is->weight * balance;
            help += p->efficacy_weight * smaller(1.0, effect[i] * e) + p->assurance_weight * (2.0 * s->support[i] - 1.0);
            help = (help - cost * s->price[k][i]) * per_noise;
            double join = s->join_utility[k][i] + is->bandwagon_weight * balance - cost * s->price_a[k][i];
            double joins, helps = choose_side(help, join * per_noise, &joins);
            int helper = u < helps, joiner = !helper & (u < helps + joins);
            helping[i] += helper ? e : 0.0;
            joining[i] += joiner ? e : 0.0;
        }
    FOR(i, s->padded) {
        double ours = s->power_b[i] + helping[i], theirs = s->power_a[i] + joining[i];
        double everybody = s->power_a[i] + s->power_b[i] + s->power_thirds[i];
        double belief = logistic(-m * log_positive(ours / theirs) - s->error[i]);
        int general = ours + theirs >= p->general_war * everybody - 1e-9;
        int64_t war = helping[i] + joining[i] == 0.0 ? BILATERAL_WAR : general ? GENERAL_WAR : LIMITED_WAR;
        int yields = belief - s->cost_a[i] - s->sanctions[i] < s->retreat[i];
        int64_t outcome = s->outcome[i], end = yields ? COERCED_BY_FORCE : war;
        s->outcome[i] = outcome == RESPONSE ? end : outcome;
    }
}

static void enforce(struct survivors *s, const struct batch *w, const struct point *p, const struct rule *rule,
                    uint64_t seed, int64_t *counts) {
    gather(s, w, p, rule);
    for (int64_t item = 1; item < rule->is->rungs; item++) {
        if (rule->council)
            vote(s, p, rule, item, seed);
        take_lower_rung(s, p, rule, item, seed);
    }
    if (rule->council)
        vote(s, p, rule, FORCE, seed);
    use_force(s, p, rule, seed);
    for (int64_t i = 0; i < s->count; i++)
        counts[s->outcome[i]]++;
}

/* ---- All institutions on the same crises ------------------------------------------------------------------------------------- */

/* Where `value` is in the list; put there if it is not. */
static int64_t index_of(double *list, int64_t *n, double value) {
    for (int64_t i = 0; i < *n; i++)
        if (list[i] == value)
            return i;
    list[*n] = value;
    return (*n)++;
}

/* Memory for rows, cut from one block; an odd number of cache lines apart, so that fields do not share cache sets. */
struct store { char *next; };

static row *rows_of(struct store *store, int64_t n) {
    row *rows = (row *)store->next;
    store->next += (size_t)n * sizeof(row) + 64 * 3;
    return rows;
}

/* Count the outcomes of replicates first..first+count-1: adds to counts[institution][outcome] and concessions[institution].
 * Returns 0, or 1 if memory is short. */
int64_t csmc_twin(const struct point *p, const struct institution *institutions, int64_t n_institutions, uint64_t seed,
                  int64_t first, int64_t count, int64_t *counts, double *concessions) {
    int64_t n = p->n_states, thirds = n - 2, padded = (n + 3) / 4 * 4, k_max = n_institutions, n_seatings = 0;
    int64_t outcome = 1, factored = 1, elects = 0;
    struct rule *rules = calloc((size_t)k_max, sizeof *rules);
    double *f = calloc((size_t)k_max * (2 * MAX_RUNGS + 2), sizeof *f);
    struct cost_factors factors = {0, 0, f, f + 2 * MAX_RUNGS * k_max};
    double *seatings = f + (2 * MAX_RUNGS + 1) * k_max; /* the number of seats, or minus the code of the seating */
    if (!rules || !f)
        goto free_rules;
    for (int64_t k = 0; k < k_max; k++) {
        const struct institution *is = institutions + k;
        struct rule *rule = rules + k;
        rule->is = is;
        rule->council = is->seating != NO_COUNCIL;
        rule->obliged = is->scope != SCOPE_NONE && is->strength > 0.0;
        rule->burden_a = index_of(factors.f_a, &factors.n_a, is->cost[FORCE]);
        for (int64_t r = 0; r < is->rungs; r++) {
            rule->burden[r] = index_of(factors.f, &factors.n, is->cost[r]);
            if (rule->council)
                rule->vote_burden[r] = index_of(factors.f, &factors.n, p->vote_cost * is->cost[r]);
        }
        if (rule->council) {
            int64_t number = is->seating == SEATS_NUMBER && is->seats < n;
            int64_t code = number ? is->seats : is->seating == SEATS_GREAT_POWERS ? -SEATS_GREAT_POWERS : -SEATS_ALL;
            rule->seating = index_of(seatings, &n_seatings, (double)code);
            elects |= number;
        }
        factored &= largest_logit(p, is) <= SAFE_LOGIT;
    }
    int64_t n_rows = 26 * padded + (n_seatings + 1) * 2 * padded + (factors.n + factors.n_a + 24) * padded + k_max + 64;
    size_t bytes = (size_t)n_rows * sizeof(row) + 64 * 256;
    char *block = aligned_alloc(64, (bytes + 63) / 64 * 64);
    struct batch *w = aligned_alloc(64, (sizeof *w + 63) / 64 * 64);
    struct survivors *s = aligned_alloc(64, (sizeof *s + 63) / 64 * 64);
    if (!block || !w || !s)
        goto free_all;
    memset(block, 0, bytes);
    memset(w, 0, sizeof *w);
    memset(s, 0, sizeof *s);
    struct store store = {block};
    row **states[] = {&w->capability, &w->great, &w->member, w->interest, w->interest + 1, w->interest + 2,
                      &w->joining_cost, &w->weight, &w->seat_draw, &w->distance_a, &w->distance_b, &w->scratch,
                      &w->power, &w->align, &w->near_a, &w->near_b, &w->fellowship, &w->great_third, &w->price,
                      &w->price_a, &w->sympathy, &w->apathy, &w->obligation, &w->bound, &w->fixed_help, &w->fixed_join,
                      &w->permanent, &w->yes, &s->power, &s->utility, &s->join_utility, &s->obligation, &s->price, &s->price_a,
                      &s->voter, &s->veto, &s->draw};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        *states[i] = rows_of(&store, padded);
    w->seat = rows_of(&store, n_seatings * n);
    w->voter = rows_of(&store, n_seatings * thirds);
    w->burden = rows_of(&store, factors.n * thirds);
    w->burden_a = rows_of(&store, factors.n_a * thirds);
    row *conceded = rows_of(&store, k_max);

    for (int64_t done = 0; done < count; done += LANES) {
        int64_t inside = count - done < LANES ? count - done : LANES;
        EACH_LANE(l) w->replicate[l] = (uint64_t)(first + done + l);
        start(w, p, seed);
        fill_uniforms(w->uniform, 6, LANES, w->replicate, CRISIS, 0, seed);
        fill_normals(w->normal, 2, w->replicate, ASSESSMENT, 0, seed);
        fill_normals(w->joining_cost, n, w->replicate, COST, 0, seed);
        for (int64_t i = 0; i < n; i++)
            EACH_LANE(l) {
                double cost = exp_bounded(p->cost_heterogeneity * w->joining_cost[i][l]);
                w->joining_cost[i][l] = p->joining_cost * cost;
            }
        choose_challenger(w, p);
        choose_target(w, p);
        set_stage(w, p);
        (factored ? describe_factored : describe_summed)(w, p, &factors);
        if (elects)
            fill_uniforms(w->seat_draw, n, LANES, w->replicate, SEAT, 0, seed);
        for (int64_t c = 0; c < n_seatings; c++) {
            int64_t code = (int64_t)seatings[c];
            seat_council(w, p, code > 0 ? SEATS_NUMBER : -code, code, w->seat + c * n, w->voter + c * thirds);
        }
        for (int64_t k = 0; k < k_max; k++) {
            if (rules[k].council)
                convene(w, p, rules + k);
            (factored ? expect_factored : expect_summed)(w, p, rules + k);
            negotiate(w, p, rules + k, inside, s, counts + k * N_OUTCOMES, conceded[k]);
            if (s->count)
                enforce(s, w, p, rules + k, seed, counts + k * N_OUTCOMES);
        }
    }
    for (int64_t k = 0; k < k_max; k++)
        for (int64_t l = 0; l < LANES; l++)
            concessions[k] += conceded[k][l];
    outcome = 0;
free_all:
    free(block);
    free(w);
    free(s);
free_rules:
    free(rules);
    free(f);
    return outcome;
}
