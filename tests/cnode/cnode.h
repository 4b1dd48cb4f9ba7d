/* A C node on real libei that behaves as FreeSWITCH's mod_erlang_event does towards Harmony.
 *
 * It is a test peer: what comes off its socket was written by Ericsson's own C library, as in a real switch, with that
 * library's habits (1 ms receive timeout, echoed ticks, one pid a node). Written from the module's behaviour as recorded
 * in tests/captures, none of its code is here. README.md tells the command line and the line protocol.
 */
#ifndef CNODE_H
#define CNODE_H

#include <ei.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define UUID_LENGTH 36
#define NAME_LENGTH 256

/* ---- capture.c: what is played ---- */

typedef enum { PATCH_UUID, PATCH_TOKEN, PATCH_SEQUENCE, PATCH_NOW, PATCH_MICROS, PATCH_SECONDS } patch_kind;

typedef struct {
    uint32_t at;
    patch_kind kind;
    uint64_t base;
} patch;

/* One event as bytes, and where it must change when it is made anew. */
typedef struct template {
    char *bytes;
    uint32_t length;
    patch *patches;
    uint32_t patch_count;
    char name[64];
    char subclass[128];
    char leg[UUID_LENGTH * 2];
    uint64_t recorded_at;
    atomic_int owners; /* 0: belongs to a capture and stays; else freed with its last owner */
} template;

typedef struct capture {
    char path[4096];
    bool fresh;
    template *events;
    uint32_t count;
    struct capture *next;
} capture;

/* One event in a queue: rendered only when it is sent, so that a queue of 100,000 stays small. */
typedef struct {
    template *what;
    uint64_t sequence;
    uint64_t now;
    int64_t shift;
    uint64_t mix;
} item;

capture *capture_load(const char *path, bool fresh, const char *core);
const char *item_render(const item *it, char **scratch, size_t *scratch_size);
bool template_header(const template *t, const char *name, char *value, size_t size);
template *template_made(const char *bytes, uint32_t length, const char *name, const char *subclass, const char *leg);
void item_release(const item *it);

/* ---- channels.c: what `show channels` knows ---- */

void channel_add(const char *uuid, bool ghost);
void channel_remove(const char *uuid);
void channels_clear(void);
bool channel_exists(const char *uuid);
int channels_json(char *out, size_t size);
int channels_count(void);

/* ---- listener.c: one connection ---- */

typedef struct words {
    char word[NAME_LENGTH];
    struct words *next;
} words;

typedef struct listener {
    int fd;
    char peer[MAXNODELEN + 1];
    bool wants_events;
    bool all;
    bool all_but_custom; /* what `nixevent` makes of ALL: every name, no CUSTOM subclass */
    words *names, *nixed, *customs, *filters;
    bool has_handler;
    erlang_pid handler;
    item *queue;
    uint32_t head, used;
    uint64_t sent, lost_now, lost_total;
    bool closing;
    atomic_bool parked; /* it has seen that the node is stalled */
    pthread_mutex_t lock; /* queue and subscriptions */
    pthread_mutex_t socket_lock;
    struct listener *next;
} listener;

void listener_start(int fd, const ErlConnect *peer);
void listeners_fire(const item *it, bool wait);
void listeners_cut(void);
bool listeners_idle(void);
void listeners_await_parking(void);
void listeners_print(void);
int listener_send(listener *l, erlang_pid *to, ei_x_buff *message);
bool listeners_fetch(const char *section, const char *tag, const char *key, const char *value);
void listener_unsubscribe(listener *l);

/* ---- commands.c: what the switch answers ---- */

bool command_handle(listener *l, erlang_msg *from, ei_x_buff *message); /* false: close the connection */

typedef struct binding {
    char section[NAME_LENGTH];
    listener *owner;
    erlang_pid pid;
    struct binding *next;
} binding;
extern binding *bindings;
void bindings_remove(listener *l, const erlang_pid *pid);
void fetch_recorded(const char *path, uint32_t count, double rate);
bool fetch_wait(const char *id);

/* ---- answers.c: the texts behind `api` ---- */

bool answer_to(const char *command, const char *argument, char *out, size_t size); /* false: no such command */
void answer_set(const char *command, const char *text);

/* ---- calls.c: those of commands on calls ---- */

bool call_answer(const char *command, const char *argument, char *out, size_t size); /* false: none of them */

/* ---- made.c: events of the node's own making ---- */

typedef struct {
    const char *name, *value;
} header;
void event_fire(const char *name, const char *subclass, const char *leg, const header *headers, int count, const char *body);

/* ---- player.c ---- */

void player_play(const char *path, double speed);
void player_flood(const char *path, uint64_t count, double rate);

/* ---- node.c: what all share ---- */

typedef struct {
    ei_cnode ec;
    char core[UUID_LENGTH + 1];
    bool binary;
    uint32_t bulk;
    uint32_t queue;
    bool transfer_events;
    bool old; /* FreeSWITCH before 1.11.1: a pass that read nothing and sent an event was the listener's last */
    FILE *transcript;
    atomic_bool stalled;
    atomic_bool hasty; /* a job's answer comes before its number, as 1 to 3 % of the quick ones do */
    atomic_bool eager; /* looks for messages without the module's pause of 10 ms: to time the other side */
    atomic_uint_fast64_t to_lose;
    atomic_uint_fast64_t sequence;
    atomic_uint_fast32_t sessions;
    atomic_uint_fast64_t started;
    pthread_mutex_t lock; /* listeners, bindings, channels, answers */
    listener *listeners;
} node_state;
extern node_state node;

uint64_t now_micros(void);
void pause_micros(uint64_t micros);
void new_uuid(char *out);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void transcribe(const char *arrow, const char *peer, const char *message);
void encode_text(ei_x_buff *out, const char *text, size_t length);
int decode_text(const char *buffer, int *index, char *out, size_t size);
int decode_strict_string(const char *buffer, int *index, char *out, size_t size);

#endif
