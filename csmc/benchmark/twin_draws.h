/* What all of the twin is made of: rows of lanes, records, elementary functions, and addressed draws. */

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
/* A step that is compiled by itself: inlined into its caller, its loops may no longer be vectorised. */
#define STAGE static __attribute__((noinline)) void

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

/* Elementary functions --------------------------------------------------------------------------------------------- */

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

/* Draws: Philox4x32-10 at (seed, replicate, purpose, index); the episode is always 0 ------------------------------- */

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
STAGE fill_uniforms(row *out, int64_t n, int64_t count, const uint64_t *replicate, uint64_t purpose,
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
STAGE fill_normals(row *out, int64_t n, const uint64_t *replicate, uint64_t purpose, uint64_t first,
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
