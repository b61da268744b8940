/* Steps 7 to 9 of docs/model.md: bargaining, the response rung by rung, and war. */

#include "twin_response.h"

/* Steps 7 and 8: bargaining ---------------------------------------------------------------------------------------- */

/* Counts what ends at the table among the first `inside` lanes and chooses the crises that call for a response. */
STAGE negotiate(struct batch *w, const struct point *p, const struct rule *rule, int64_t inside,
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
        int64_t refusal = pressed < retreat ? BACKDOWN : RESPONSE;
        int64_t end = agreed ? NEGOTIATED_SETTLEMENT : deterred ? NO_CHALLENGE : refusal;
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

/* Step 9: the response, and war ------------------------------------------------------------------------------------ */

INLINE void pick(const struct survivors *s, const double *from, double *to) {
    FOR(i, s->padded) to[i] = from[s->chosen[i]];
}

STAGE gather(struct survivors *s, const struct batch *w, const struct point *p, const struct rule *rule) {
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

STAGE vote(struct survivors *s, const struct point *p, const struct rule *rule, int64_t item, uint64_t seed) {
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

STAGE take_lower_rung(struct survivors *s, const struct point *p, const struct rule *rule, int64_t item,
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

STAGE use_force(struct survivors *s, const struct point *p, const struct rule *rule, uint64_t seed) {
    const struct institution *is = rule->is;
    double *helping = s->first, *joining = s->second, *effect = s->third;
    double per_noise = 1.0 / p->noise, m = p->decisiveness, cost = is->cost[FORCE];
    fill_uniforms(s->draw, p->n_states, s->padded, s->replicate, PARTICIPATION, 0, seed);
    FOR(i, s->padded) {
        effect[i] = marginal_effect(m, s->strength_a[i], s->strength_b[i]);
        helping[i] = 0.0;
        joining[i] = 0.0;
    }
    for (int64_t k = 0; k < p->n_states - 2; k++) {
        const double *power = s->power[k], *utility = s->utility[k], *join_utility = s->join_utility[k];
        const double *obligation = s->obligation[k], *price = s->price[k], *price_a = s->price_a[k];
        const row *draw = s->draw;
        FOR(i, s->padded) {
            double u = third_party(draw, k, i, s->lower[i], s->upper[i]), e = power[i];
            double a = s->strength_a[i], b = s->strength_b[i], balance = (a - b) / (a + b);
            double mandate = s->authorised[i] > 0.0 ? 1.0 : is->residual;
            double help = utility[i] + mandate * obligation[i] + is->weight * balance;
            double assured = p->assurance_weight * (2.0 * s->support[i] - 1.0);
            help += p->efficacy_weight * smaller(1.0, effect[i] * e) + assured;
            help = (help - cost * price[i]) * per_noise;
            double join = join_utility[i] + is->bandwagon_weight * balance - cost * price_a[i];
            double joins, helps = choose_side(help, join * per_noise, &joins);
            int helper = u < helps, joiner = !helper & (u < helps + joins);
            helping[i] += helper ? e : 0.0;
            joining[i] += joiner ? e : 0.0;
        }
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

STAGE enforce(struct survivors *s, const struct batch *w, const struct point *p, const struct rule *rule,
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
