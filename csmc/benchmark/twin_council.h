/* Step 5 of docs/model.md: who sits, and the chance that a measure is authorised. */

#include "twin_world.h"

/* Seat the `places` candidates with the smallest draws, ties to the lower index; bisection finds how small is small. */
STAGE elect(struct batch *w, int64_t n, const row *candidate, const double *places, row *seat) {
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
            double a = low[l], b = high[l], middle = 0.5 * (a + b), c = count[l], goal = places[l];
            double before = below_low[l];
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
STAGE seat_number(struct batch *w, int64_t n, double seats, row *seat) {
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

STAGE seat_council(struct batch *w, const struct point *p, int64_t seating, int64_t seats, row *seat,
                         row *voter) {
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
STAGE convene(struct batch *w, const struct point *p, const struct rule *rule) {
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
STAGE count_down(const struct batch *w, int64_t thirds, double *chance) {
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
