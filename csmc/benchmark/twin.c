/* The one-shot model as an expert writes it in C: the yardstick of the kernel's speed, and a check of its counts.
 *
 * Batches of LANES replicates pass through each step of docs/model.md together. A row holds one number per lane and the
 * innermost loop is always over lanes, so that the compiler vectorises it. The world is made once per batch; each
 * institution then works on the n - 2 third parties, and the crises that call for a response are packed together.
 *
 * Read in the order of the model: twin_draws.h, twin_world.h (steps 1 to 4), twin_council.h (5), twin_response.h (6),
 * twin_endings.h (7 to 9); all is one translation unit.
 *
 * Draws have csmc's addresses, and the elementary functions its bits (csmc/kernel/draws.py, mathematics.py); sums and
 * products may be taken in another order, so a decision can differ where a draw falls within rounding of its threshold.
 */

#include "twin_endings.h"

/* Where `value` is in the list; put there if it is not. */
static int64_t index_of(double *list, int64_t *n, double value) {
    for (int64_t i = 0; i < *n; i++)
        if (list[i] == value)
            return i;
    list[*n] = value;
    return (*n)++;
}

STAGE make_rule(struct plan *plan, struct rule *rule, const struct point *p, const struct institution *is) {
    rule->is = is;
    rule->council = is->seating != NO_COUNCIL;
    rule->obliged = is->scope != SCOPE_NONE && is->strength > 0.0;
    rule->burden_a = index_of(plan->f_a, &plan->n_f_a, is->cost[FORCE]);
    for (int64_t r = 0; r < is->rungs; r++) {
        rule->burden[r] = index_of(plan->f, &plan->n_f, is->cost[r]);
        if (rule->council)
            rule->vote_burden[r] = index_of(plan->f, &plan->n_f, p->vote_cost * is->cost[r]);
    }
    if (rule->council) {
        int64_t number = is->seating == SEATS_NUMBER && is->seats < p->n_states;
        int64_t all = is->seating == SEATS_GREAT_POWERS ? -SEATS_GREAT_POWERS : -SEATS_ALL;
        rule->seating = index_of(plan->seatings, &plan->n_seatings, (double)(number ? is->seats : all));
        plan->elects |= number;
    }
    plan->factored &= largest_logit(p, is) <= SAFE_LOGIT;
}

/* Memory for rows, cut from one block; an odd number of cache lines apart, so that fields do not share cache sets. */
static row *rows_of(char **next, int64_t n) {
    row *rows = (row *)*next;
    *next += (size_t)n * sizeof(row) + 64 * 3;
    return rows;
}

STAGE *zeroed(size_t bytes) {
    size_t rounded = (bytes + 63) / 64 * 64;
    void *memory = aligned_alloc(64, rounded);
    return memory ? memset(memory, 0, rounded) : NULL;
}

/* Point the rows of both structures into one new block, which is returned; NULL if memory is short. */
static char *new_rows(struct batch *w, struct survivors *s, const struct plan *plan, int64_t n) {
    int64_t padded = (n + 3) / 4 * 4, shared = 2 * plan->n_seatings + plan->n_f + plan->n_f_a;
    row **fields[] = {
        &w->capability, &w->great, &w->member, w->interest, w->interest + 1, w->interest + 2, &w->joining_cost,
        &w->weight, &w->seat_draw, &w->distance_a, &w->distance_b, &w->scratch, &w->power, &w->align, &w->near_a,
        &w->near_b, &w->fellowship, &w->great_third, &w->price, &w->price_a, &w->sympathy, &w->apathy,
        &w->obligation, &w->bound, &w->fixed_help, &w->fixed_join, &w->permanent, &w->yes, &s->power, &s->utility,
        &s->join_utility, &s->obligation, &s->price, &s->price_a, &s->voter, &s->veto, &s->draw,
    };
    int64_t n_fields = sizeof fields / sizeof *fields;
    char *block = zeroed((size_t)((n_fields + shared) * padded + plan->n_rules) * sizeof(row) + 64 * 256);
    char *next = block;
    if (!block)
        return NULL;
    for (int64_t i = 0; i < n_fields; i++)
        *fields[i] = rows_of(&next, padded);
    w->seat = rows_of(&next, plan->n_seatings * n);
    w->voter = rows_of(&next, plan->n_seatings * (n - 2));
    w->burden = rows_of(&next, plan->n_f * (n - 2));
    w->burden_a = rows_of(&next, plan->n_f_a * (n - 2));
    w->conceded = rows_of(&next, plan->n_rules);
    return block;
}

/* The batch of the replicates in w->replicate, of which the first `inside` count. */
STAGE play(struct batch *w, struct survivors *s, const struct point *p, const struct plan *plan, uint64_t seed,
                 int64_t inside, int64_t *counts) {
    int64_t n = p->n_states, thirds = n - 2;
    start(w, p, seed);
    draw_shocks(w, p, plan->elects, seed);
    choose_challenger(w, p);
    choose_target(w, p);
    set_stage(w, p);
    (plan->factored ? describe_factored : describe_summed)(w, p, plan);
    for (int64_t c = 0; c < plan->n_seatings; c++) {
        int64_t code = (int64_t)plan->seatings[c];
        seat_council(w, p, code > 0 ? SEATS_NUMBER : -code, code, w->seat + c * n, w->voter + c * thirds);
    }
    for (int64_t k = 0; k < plan->n_rules; k++) {
        const struct rule *rule = plan->rules + k;
        if (rule->council)
            convene(w, p, rule);
        (plan->factored ? expect_factored : expect_summed)(w, p, rule);
        negotiate(w, p, rule, inside, s, counts + k * N_OUTCOMES, w->conceded[k]);
        if (s->count)
            enforce(s, w, p, rule, seed, counts + k * N_OUTCOMES);
    }
}

/* Count the outcomes of replicates first..first+count-1: adds to counts[institution][outcome] and to
 * concessions[institution]. Returns 0, or 1 if memory is short. */
int64_t csmc_twin(const struct point *p, const struct institution *institutions, int64_t n_institutions, uint64_t seed,
                  int64_t first, int64_t count, int64_t *counts, double *concessions) {
    size_t n = (size_t)n_institutions;
    struct rule *rules = zeroed((n + 1) * sizeof *rules);
    double *lists = zeroed((n + 1) * (2 * MAX_RUNGS + 2) * sizeof *lists);
    struct batch *w = zeroed(sizeof *w);
    struct survivors *s = zeroed(sizeof *s);
    char *block = NULL;
    if (rules && lists && w && s) {
        double *f_a = lists + 2 * MAX_RUNGS * n;
        struct plan plan = {.rules = rules, .f = lists, .f_a = f_a, .seatings = f_a + n, .factored = 1};
        plan.n_rules = n_institutions;
        for (size_t k = 0; k < n; k++)
            make_rule(&plan, rules + k, p, institutions + k);
        block = new_rows(w, s, &plan, p->n_states);
        for (int64_t done = 0; block && done < count; done += LANES) {
            EACH_LANE(l) w->replicate[l] = (uint64_t)(first + done + l);
            play(w, s, p, &plan, seed, count - done < LANES ? count - done : LANES, counts);
        }
        for (size_t k = 0; block && k < n; k++)
            for (int64_t l = 0; l < LANES; l++)
                concessions[k] += w->conceded[k][l];
    }
    int64_t short_of_memory = block == NULL;
    free(block);
    free(rules);
    free(lists);
    free(w);
    free(s);
    return short_of_memory;
}
