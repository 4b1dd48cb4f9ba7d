/* Playing a capture as it was recorded, and flooding with events made from one. Each runs in a thread of its own. */
#include "cnode.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    char path[4096];
    double speed, rate;
    uint64_t count;
} order;

static void wait_until_sent(void) {
    while (!listeners_idle()) pause_micros(1000);
}

/* Verbatim. Speed 0: as fast as it goes, waiting for room in the queue instead of losing; 1: with time as recorded. */
static void *play(void *given) {
    order *o = given;
    capture *c = capture_load(o->path, false, node.core);
    if (c) {
        uint64_t start = now_micros();
        for (uint32_t i = 0; i < c->count; i++) {
            template *t = &c->events[i];
            if (o->speed > 0) {
                uint64_t due = start + (uint64_t)((double)(t->recorded_at - c->events[0].recorded_at) / o->speed), now = now_micros();
                if (due > now) pause_micros(due - now);
            }
            if (strcmp(t->name, "CHANNEL_CREATE") == 0) channel_add(t->leg, false);
            if (strcmp(t->name, "CHANNEL_DESTROY") == 0) channel_remove(t->leg);
            item it = {.what = t};
            listeners_fire(&it, o->speed <= 0);
        }
        wait_until_sent();
        say("played %u", c->count);
    }
    free(o);
    return NULL;
}

static uint64_t scramble(uint64_t x) { /* splitmix64 */
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Rate 0 waits for room in the queue; a rate of events a second does not, as a switch does not: what finds the queue full is lost. */
static void *flood(void *given) {
    order *o = given;
    capture *c = capture_load(o->path, true, node.core);
    if (c) {
        uint64_t start = now_micros(), seed = start;
        int64_t shift = 0;
        say("flooding %llu", (unsigned long long)o->count);
        start = now_micros();
        for (uint64_t i = 0; i < o->count; i++) {
            uint64_t now = now_micros();
            if (o->rate > 0) {
                uint64_t due = start + (uint64_t)((double)i * 1000000.0 / o->rate);
                if (due > now + 1000) pause_micros(due - now), now = now_micros();
            }
            if (i % c->count == 0) shift = (int64_t)now - (int64_t)c->events[0].recorded_at;
            item it = {.what = &c->events[i % c->count],
                       .sequence = ++node.sequence,
                       .now = now,
                       .shift = shift,
                       .mix = scramble(seed + i / c->count)};
            listeners_fire(&it, o->rate <= 0);
        }
        wait_until_sent();
        say("flooded %llu in %llu us", (unsigned long long)o->count, (unsigned long long)(now_micros() - start));
    }
    free(o);
    return NULL;
}

static void begin(void *(*body)(void *), order o) {
    order *own = malloc(sizeof *own);
    pthread_t thread;
    *own = o;
    pthread_create(&thread, NULL, body, own);
    pthread_detach(thread);
}

void player_play(const char *path, double speed) {
    order o = {.speed = speed};
    snprintf(o.path, sizeof o.path, "%s", path);
    begin(play, o);
}

void player_flood(const char *path, uint64_t count, double rate) {
    order o = {.count = count, .rate = rate};
    snprintf(o.path, sizeof o.path, "%s", path);
    begin(flood, o);
}
