/* What the switch answers to what it is sent: the tuples and atoms of mod_erlang_event, its replies word for word. */
#define _GNU_SOURCE
#include "cnode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE (1 << 20)

binding *bindings;

typedef struct {
    char id[UUID_LENGTH + 1];
    char *reply;
    pthread_cond_t found;
} fetch;

static fetch waiting = {.found = PTHREAD_COND_INITIALIZER};
static pthread_mutex_t waiting_lock = PTHREAD_MUTEX_INITIALIZER;

static void reply_error(ei_x_buff *reply, const char *reason) {
    ei_x_encode_tuple_header(reply, 2);
    ei_x_encode_atom(reply, "error");
    ei_x_encode_atom(reply, reason);
}

static void reply_text(ei_x_buff *reply, const char *tag, const char *text) {
    ei_x_encode_tuple_header(reply, 2);
    ei_x_encode_atom(reply, tag);
    encode_text(reply, text, strlen(text));
}

/* ---- api and bgapi ---- */

static bool run_api(const char *command, const char *argument, char *text) {
    const header api[] = {{"API-Command", command}, {"API-Command-Argument", argument}};
    event_fire("API", NULL, NULL, api, *argument ? 2 : 1, NULL);
    if (!answer_to(command, argument, text, ANSWER_SIZE)) {
        snprintf(text, ANSWER_SIZE, "%s: Command not found!\n", command);
        return false;
    }
    return *text != '-';
}

static bool decode_api(const char *in, int *index, int arity, char *command, char **argument) {
    int type, length;
    *argument = NULL;
    if (arity < 3 || ei_decode_atom(in, index, command) != 0 || ei_get_type(in, index, &type, &length) != 0) return false;
    *argument = malloc((size_t)length + 1);
    return decode_text(in, index, *argument, (size_t)length + 1) == 0;
}

static void do_api(const char *in, int *index, int arity, ei_x_buff *reply) {
    char command[MAXATOMLEN], *argument;
    if (decode_api(in, index, arity, command, &argument)) {
        char *text = malloc(ANSWER_SIZE);
        bool good = run_api(command, argument, text);
        if (!*text) {
            good = false;
            snprintf(text, ANSWER_SIZE, "Command returned no output!");
        }
        reply_text(reply, good ? "ok" : "error", text);
        free(text);
    } else
        reply_error(reply, "badarg");
    free(argument);
}

typedef struct {
    listener *l;
    erlang_pid to;
    char job[UUID_LENGTH + 1];
    char command[MAXATOMLEN];
    char *argument;
} job;

static void *run_job(void *given) {
    job *j = given;
    char *text = malloc(ANSWER_SIZE);
    bool good = run_api(j->command, j->argument, text);
    ei_x_buff later;
    ei_x_new_with_version(&later);
    ei_x_encode_tuple_header(&later, 3);
    ei_x_encode_atom(&later, good ? "bgok" : "bgerror");
    encode_text(&later, j->job, strlen(j->job));
    encode_text(&later, text, strlen(text));
    listener_send(j->l, &j->to, &later); /* before its BACKGROUND_JOB, as seen on the wire */
    ei_x_free(&later);
    const header done[] = {{"Job-UUID", j->job}, {"Job-Command", j->command}, {"Job-Command-Arg", j->argument}, {"Job-Successful", good ? "true" : "false"}};
    event_fire("BACKGROUND_JOB", NULL, NULL, done, 4, text);
    free(text);
    free(j->argument);
    free(j);
    return NULL;
}

static void do_bgapi(listener *l, erlang_msg *from, const char *in, int *index, int arity, ei_x_buff *reply) {
    job *j = calloc(1, sizeof *j);
    pthread_t thread;
    if (!decode_api(in, index, arity, j->command, &j->argument)) {
        reply_error(reply, "badarg");
        free(j->argument);
        free(j);
        return;
    }
    j->l = l;
    j->to = from->from;
    new_uuid(j->job);
    reply_text(reply, "ok", j->job);
    if (node.hasty) { /* the job has gone when its number is sent */
        pthread_create(&thread, NULL, run_job, j);
        pthread_join(thread, NULL);
        return;
    }
    listener_send(l, &from->from, reply); /* the job's number first, then the job */
    reply->index = 1;
    pthread_create(&thread, NULL, run_job, j);
    pthread_detach(thread);
}

/* ---- subscriptions ---- */

static words *word_add(words *list, const char *word) {
    words *w = calloc(1, sizeof *w);
    snprintf(w->word, sizeof w->word, "%s", word);
    w->next = list;
    return w;
}

static words *word_remove(words *list, const char *word) {
    for (words **at = &list; *at;)
        if (strcmp((*at)->word, word) == 0)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    return list;
}

/* What is no atom is passed over and answered ok all the same: the read position stays on it. */
static void do_event(listener *l, const char *in, int *index, int arity, ei_x_buff *reply) {
    char atom[MAXATOMLEN];
    bool custom = false, heard = false;
    pthread_mutex_lock(&l->lock);
    l->wants_events = true;
    for (int i = 1; i < arity; i++) {
        if (ei_decode_atom(in, index, atom) != 0) continue;
        heard = true;
        if (custom)
            l->customs = word_add(l->customs, atom);
        else if (strcmp(atom, "ALL") == 0)
            l->all = true;
        else {
            custom = strcmp(atom, "CUSTOM") == 0;
            l->names = word_add(l->names, atom);
            l->nixed = word_remove(l->nixed, atom);
        }
    }
    pthread_mutex_unlock(&l->lock);
    ei_x_encode_atom(reply, "ok");
    if (heard) say("subscribed %s", l->peer);
}

static void do_nixevent(listener *l, const char *in, int *index, int arity, ei_x_buff *reply) {
    char atom[MAXATOMLEN];
    bool custom = false;
    pthread_mutex_lock(&l->lock);
    for (int i = 1; i < arity; i++) {
        if (ei_decode_atom(in, index, atom) != 0) continue;
        if (custom)
            l->customs = word_remove(l->customs, atom);
        else if (strcmp(atom, "CUSTOM") == 0)
            custom = true;
        else if (strcmp(atom, "ALL") == 0) {
            l->all = l->all_but_custom = false;
            l->names = NULL;
        } else {
            if (l->all) l->all = false, l->all_but_custom = true;
            l->names = word_remove(l->names, atom);
            l->nixed = word_add(l->nixed, atom);
        }
    }
    pthread_mutex_unlock(&l->lock);
    ei_x_encode_atom(reply, "ok");
}

/* With ALL it answers badarg, an `ok` stands behind the term, and the subscriptions are gone. */
static void do_setevent(listener *l, const char *in, int *index, int arity, ei_x_buff *reply) {
    char atom[MAXATOMLEN];
    bool custom = false;
    pthread_mutex_lock(&l->lock);
    l->wants_events = true;
    l->all = l->all_but_custom = false;
    l->names = l->nixed = l->customs = NULL;
    for (int i = 1; i < arity; i++) {
        if (ei_decode_atom(in, index, atom) != 0) continue;
        if (custom)
            l->customs = word_add(l->customs, atom);
        else if (strcmp(atom, "ALL") == 0) {
            reply_error(reply, "badarg");
            l->names = l->customs = NULL;
            break;
        } else {
            custom = strcmp(atom, "CUSTOM") == 0;
            l->names = word_add(l->names, atom);
        }
    }
    pthread_mutex_unlock(&l->lock);
    ei_x_encode_atom(reply, "ok");
}

static void log_entry(ei_x_buff *reply, const char *what, const char *name, const char *value) {
    ei_x_encode_tuple_header(reply, 3);
    encode_text(reply, what, strlen(what));
    encode_text(reply, name, strlen(name));
    encode_text(reply, value, strlen(value));
}

static void do_filter(listener *l, const char *in, int *index, int arity, ei_x_buff *reply) {
    char atom[MAXATOMLEN];
    ei_x_encode_tuple_header(reply, 2);
    ei_x_encode_atom(reply, "filter_command_processing_log");
    ei_x_encode_list_header(reply, arity - 1);
    pthread_mutex_lock(&l->lock);
    for (int i = 1; i < arity; i++) {
        if (ei_decode_atom(in, index, atom) != 0) continue;
        bool gone = strncasecmp(atom, "delete ", 7) == 0, added = strncasecmp(atom, "add ", 4) == 0;
        char *rule = atom + (gone ? 7 : added ? 4 : 0), *value = strchr(rule, ' ');
        if (!gone && !value) {
            ei_x_encode_atom(reply, "-ERR invalid syntax");
            continue;
        }
        if (!gone)
            l->filters = word_add(l->filters, rule);
        else if (strcasecmp(rule, "all") == 0)
            l->filters = NULL;
        else
            l->filters = word_remove(l->filters, rule);
        if (value) *value++ = '\0';
        log_entry(reply, gone ? "deleted" : "added", rule, value ? value : "");
    }
    pthread_mutex_unlock(&l->lock);
    ei_x_encode_empty_list(reply);
}

/* ---- sendmsg and sendevent: strings only ---- */

/* The pairs of a property list; -1 when one is not two strings. */
static int decode_pairs(const char *in, int *index, header *pairs, int room) {
    int length, arity, count = 0;
    char key[1024], *value;
    if (ei_decode_list_header(in, index, &length) != 0) return -1;
    while (count < length && count < room) {
        int type, size;
        if (ei_decode_tuple_header(in, index, &arity) != 0 || arity != 2) return -1;
        if (decode_strict_string(in, index, key, sizeof key) != 0 || ei_get_type(in, index, &type, &size) != 0) return -1;
        value = malloc((size_t)size + 1);
        if (decode_strict_string(in, index, value, (size_t)size + 1) != 0) return -1;
        pairs[count++] = (header){strdup(key), value};
    }
    return count;
}

static void do_sendmsg(const char *in, int *index, ei_x_buff *reply) {
    char uuid[UUID_LENGTH + 1];
    header pairs[64];
    int arity;
    if (decode_text(in, index, uuid, sizeof uuid) != 0 || ei_decode_list_header(in, &(int){*index}, &arity) != 0)
        reply_error(reply, "badarg");
    else if (!channel_exists(uuid))
        reply_error(reply, "nosession");
    else if (decode_pairs(in, index, pairs, 64) < 0)
        reply_error(reply, "badarg");
    else
        ei_x_encode_atom(reply, "ok");
}

static bool known_event(const char *name) {
    static const char *const known[] = {"CUSTOM", "NOTIFY", "MESSAGE", "PRESENCE_IN", "SEND_MESSAGE", "SEND_INFO", "TRAP", "GENERAL"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], name) == 0) return true;
    return false;
}

/* An unknown name gets no answer at all. */
static void do_sendevent(const char *in, int *index, ei_x_buff *reply) {
    char name[MAXATOMLEN], subclass[MAXATOMLEN] = "", *body = NULL;
    header pairs[64];
    int arity;
    if (ei_decode_atom(in, index, name) != 0 || (strcasecmp(name, "CUSTOM") == 0 && ei_decode_atom(in, index, subclass) != 0) ||
        ei_decode_list_header(in, &(int){*index}, &arity) != 0) {
        reply_error(reply, "badarg");
        return;
    }
    if (!known_event(name)) return;
    int count = decode_pairs(in, index, pairs, 64), kept = 0;
    if (count < 0) {
        reply_error(reply, "badarg");
        return;
    }
    for (int i = 0; i < count; i++)
        if (strcmp(pairs[i].name, "body") == 0)
            body = (char *)pairs[i].value;
        else
            pairs[kept++] = pairs[i];
    event_fire(name, subclass, NULL, pairs, kept, body);
    ei_x_encode_atom(reply, "ok");
}

/* ---- bind and fetch ---- */

static void send_link(listener *l, erlang_pid *to) {
    ei_x_buff out; /* length (4), pass through, {1, FromPid, ToPid} */
    ei_x_new(&out);
    for (int i = 0; i < 5; i++) ei_x_append_buf(&out, "\0", 1);
    ei_x_encode_version(&out);
    ei_x_encode_tuple_header(&out, 3);
    ei_x_encode_long(&out, 1);
    ei_x_encode_pid(&out, ei_self(&node.ec));
    ei_x_encode_pid(&out, to);
    uint32_t length = (uint32_t)out.index - 4;
    for (int i = 0; i < 4; i++) out.buff[i] = (char)(length >> (24 - 8 * i));
    out.buff[4] = 112;
    pthread_mutex_lock(&l->socket_lock);
    if (!l->closing && write(l->fd, out.buff, (size_t)out.index) != out.index) l->closing = true;
    pthread_mutex_unlock(&l->socket_lock);
    ei_x_free(&out);
}

static void do_bind(listener *l, erlang_msg *from, const char *in, int *index, ei_x_buff *reply) {
    static const char *const sections[] = {"configuration", "directory", "dialplan", "phrases", "languages", "chatplan", "channels"};
    char section[MAXATOMLEN];
    bool known = false;
    if (ei_decode_atom(in, index, section) == 0)
        for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) known |= strcmp(section, sections[i]) == 0;
    if (!known) {
        reply_error(reply, "badarg");
        return;
    }
    binding *b = calloc(1, sizeof *b), **at;
    snprintf(b->section, sizeof b->section, "%s", section);
    b->owner = l;
    b->pid = from->from;
    pthread_mutex_lock(&node.lock);
    for (at = &bindings; *at; at = &(*at)->next) continue;
    *at = b;
    pthread_mutex_unlock(&node.lock);
    send_link(l, &from->from);
    ei_x_encode_atom(reply, "ok");
    say("bound %s %s", section, l->peer);
}

/* Of a listener, or of a pid whose process ended. */
void bindings_remove(listener *l, const erlang_pid *pid) {
    pthread_mutex_lock(&node.lock);
    for (binding **at = &bindings; *at;) {
        binding *b = *at;
        if ((l && b->owner == l) || (pid && ei_cmp_pids(&b->pid, (erlang_pid *)pid) == 0))
            *at = b->next;
        else
            at = &b->next;
    }
    pthread_mutex_unlock(&node.lock);
}

/* Asks every binding of the section in turn; the second one finds the parameters of the first in front of its own. */
bool listeners_fetch(const char *section, const char *tag, const char *key, const char *value) {
    char id[UUID_LENGTH + 1];
    const header params[] = {{"Event-Name", "REQUEST_PARAMS"}, {"Core-UUID", node.core}, {"FreeSWITCH-Hostname", "vm"},
                             {"action", "sip_auth"},           {"user", "1001"},         {"domain", value}};
    const int count = sizeof params / sizeof *params;
    bool asked = false;
    ei_x_buff out;
    new_uuid(id);
    pthread_mutex_lock(&waiting_lock);
    memcpy(waiting.id, id, sizeof id);
    free(waiting.reply);
    waiting.reply = NULL;
    pthread_mutex_unlock(&waiting_lock);
    ei_x_new_with_version(&out);
    ei_x_encode_tuple_header(&out, 7);
    ei_x_encode_atom(&out, "fetch");
    ei_x_encode_atom(&out, section);
    encode_text(&out, tag, strlen(tag));
    encode_text(&out, key, strlen(key));
    encode_text(&out, value, strlen(value));
    encode_text(&out, id, strlen(id));
    pthread_mutex_lock(&node.lock);
    for (binding *b = bindings; b; b = b->next) {
        if (strcmp(b->section, section) != 0) continue;
        ei_x_encode_list_header(&out, count + 1);
        ei_x_encode_atom(&out, "undefined");
        for (int i = 0; i < count; i++) {
            ei_x_encode_tuple_header(&out, 2);
            encode_text(&out, params[i].name, strlen(params[i].name));
            encode_text(&out, params[i].value, strlen(params[i].value));
        }
        ei_x_encode_empty_list(&out);
        listener_send(b->owner, &b->pid, &out);
        asked = true;
    }
    pthread_mutex_unlock(&node.lock);
    ei_x_free(&out);
    return asked && fetch_wait(id);
}

static bool fetch_awaited(void) { /* with the lock held */
    struct timespec until;
    uint64_t end = now_micros() + 5000000u;
    until.tv_sec = (time_t)(end / 1000000u);
    until.tv_nsec = (long)(end % 1000000u) * 1000;
    int status = 0;
    while (!waiting.reply && status == 0) status = pthread_cond_timedwait(&waiting.found, &waiting_lock, &until);
    return waiting.reply != NULL;
}

static bool fetch_quietly(const char *id) {
    pthread_mutex_lock(&waiting_lock);
    bool found = strcmp(id, waiting.id) == 0 && fetch_awaited();
    pthread_mutex_unlock(&waiting_lock);
    return found;
}

bool fetch_wait(const char *id) {
    pthread_mutex_lock(&waiting_lock);
    bool found = fetch_awaited();
    if (found)
        say("fetched %s %s", id, *waiting.reply ? waiting.reply : "not-found");
    else
        say("fetch-timeout %s", id);
    pthread_mutex_unlock(&waiting_lock);
    return found;
}

static char *whole_file(const char *path, long *size) {
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    bytes = malloc((size_t)*size);
    if (fread(bytes, 1, (size_t)*size, file) != (size_t)*size) free(bytes), bytes = NULL;
    fclose(file);
    return bytes;
}

static int by_size(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* Sends a recorded {fetch,...} as it was but for a fresh id, COUNT times, RATE a second; the times are from when each was due. */
void fetch_recorded(const char *path, uint32_t count, double rate) {
    long size = 0;
    char *bytes = whole_file(path, &size), section[MAXATOMLEN], tag[MAXATOMLEN], id[UUID_LENGTH + 1], word[4096];
    int index = 0, version, arity;
    uint32_t *took = calloc(count ? count : 1, sizeof *took), missing = 0;
    if (!bytes || ei_decode_version(bytes, &index, &version) || ei_decode_tuple_header(bytes, &index, &arity) || arity != 7 ||
        ei_decode_atom(bytes, &index, tag) || ei_decode_atom(bytes, &index, section)) {
        say("error %s is no recorded fetch", path);
        return;
    }
    for (int i = 0; i < 3; i++) decode_text(bytes, &index, word, sizeof word);
    decode_text(bytes, &index, word, sizeof word);
    char *place = memmem(bytes, (size_t)size, word, UUID_LENGTH);
    uint64_t start = now_micros();
    for (uint32_t n = 0; n < count; n++) {
        uint64_t due = rate > 0 ? start + (uint64_t)((double)n * 1000000.0 / rate) : now_micros(), now = now_micros();
        if (due > now) pause_micros(due - now);
        new_uuid(id);
        memcpy(place, id, UUID_LENGTH);
        pthread_mutex_lock(&waiting_lock);
        memcpy(waiting.id, id, sizeof id);
        free(waiting.reply);
        waiting.reply = NULL;
        pthread_mutex_unlock(&waiting_lock);
        pthread_mutex_lock(&node.lock);
        for (binding *b = bindings; b; b = b->next)
            if (strcmp(b->section, section) == 0) {
                ei_x_buff out;
                ei_x_new(&out);
                ei_x_append_buf(&out, bytes, (int)size);
                listener_send(b->owner, &b->pid, &out);
                ei_x_free(&out);
            }
        pthread_mutex_unlock(&node.lock);
        if (count == 1)
            fetch_wait(id);
        else if (!fetch_quietly(id))
            missing++;
        took[n] = (uint32_t)(now_micros() - due);
    }
    if (count > 1) {
        uint64_t whole = now_micros() - start;
        qsort(took, count, sizeof *took, by_size);
        say("fetches %u missing %u us %llu p50 %u p99 %u max %u", count, missing, (unsigned long long)whole, took[count / 2],
            took[(uint64_t)count * 99 / 100], took[count - 1]);
    }
    free(took);
    free(bytes);
}

static void do_fetch_reply(const char *in, int *index, ei_x_buff *reply) {
    char id[UUID_LENGTH + 1];
    int type, length;
    if (decode_text(in, index, id, sizeof id) != 0) {
        reply_error(reply, "badarg");
        return;
    }
    pthread_mutex_lock(&waiting_lock);
    if (strcmp(id, waiting.id) != 0)
        reply_error(reply, "invalid_uuid");
    else if (waiting.reply) {
        ei_x_encode_tuple_header(reply, 3);
        ei_x_encode_atom(reply, "error");
        encode_text(reply, id, strlen(id));
        ei_x_encode_atom(reply, "duplicate_response");
    } else {
        ei_get_type(in, index, &type, &length);
        waiting.reply = calloc(1, (size_t)length + 1);
        if (decode_text(in, index, waiting.reply, (size_t)length + 1) != 0) waiting.reply[0] = '\0';
        for (char *c = waiting.reply; *c; c++)
            if (*c == '\n') *c = ' ';
        pthread_cond_signal(&waiting.found);
        reply_text(reply, "ok", id);
    }
    pthread_mutex_unlock(&waiting_lock);
}

/* ---- the rest ---- */

static void do_handlecall(const char *in, int *index, int arity, ei_x_buff *reply) {
    char name[MAXATOMLEN], uuid[UUID_LENGTH + 1];
    if (arity < 2 || arity > 3 || (arity == 3 && ei_decode_atom(in, index, name) != 0) || decode_text(in, index, uuid, sizeof uuid) != 0)
        reply_error(reply, "badarg");
    else if (!*uuid)
        reply_error(reply, "baduuid");
    else if (!channel_exists(uuid))
        reply_error(reply, "badsession");
    else
        ei_x_encode_atom(reply, "ok");
}

static void handle_tuple(listener *l, erlang_msg *from, const char *in, int index, ei_x_buff *reply) {
    char tag[MAXATOMLEN];
    int arity;
    ei_decode_tuple_header(in, &index, &arity);
    if (ei_decode_atom(in, &index, tag) != 0) {
        reply_error(reply, "undef");
        return;
    }
    bool bare = arity == 1;
    if (strcmp(tag, "api") == 0)
        do_api(in, &index, arity, reply);
    else if (strcmp(tag, "bgapi") == 0)
        do_bgapi(l, from, in, &index, arity, reply);
    else if (strcmp(tag, "event") == 0)
        bare ? reply_error(reply, "badarg") : do_event(l, in, &index, arity, reply);
    else if (strcmp(tag, "nixevent") == 0)
        bare ? reply_error(reply, "badarg") : do_nixevent(l, in, &index, arity, reply);
    else if (strcmp(tag, "setevent") == 0)
        bare ? reply_error(reply, "badarg") : do_setevent(l, in, &index, arity, reply);
    else if (strcmp(tag, "filter") == 0)
        bare ? reply_error(reply, "badarg") : do_filter(l, in, &index, arity, reply);
    else if (strncmp(tag, "session_", 8) == 0)
        reply_error(reply, bare ? "badarg" : "notlistening");
    else if (strcmp(tag, "sendmsg") == 0)
        do_sendmsg(in, &index, reply);
    else if (strcmp(tag, "sendevent") == 0)
        do_sendevent(in, &index, reply);
    else if (strcmp(tag, "bind") == 0)
        do_bind(l, from, in, &index, reply);
    else if (strcmp(tag, "fetch_reply") == 0)
        do_fetch_reply(in, &index, reply);
    else if (strcmp(tag, "handlecall") == 0)
        do_handlecall(in, &index, arity, reply);
    else if (strcmp(tag, "set_log_level") == 0)
        ei_x_encode_atom(reply, "ok");
    else
        reply_error(reply, "undef");
}

/* false: the peer asked to close. */
static bool handle_atom(listener *l, erlang_msg *from, const char *in, int index, ei_x_buff *reply) {
    char atom[MAXATOMLEN];
    ei_decode_atom(in, &index, atom);
    if (strcmp(atom, "register_event_handler") == 0) {
        send_link(l, &from->from);
        pthread_mutex_lock(&l->lock);
        l->handler = from->from;
        l->has_handler = l->wants_events = true;
        pthread_mutex_unlock(&l->lock);
        ei_x_encode_atom(reply, "ok");
    } else if (strcmp(atom, "register_log_handler") == 0) {
        send_link(l, &from->from);
        ei_x_encode_atom(reply, "ok");
    } else if (strcmp(atom, "nolog") == 0) {
        ei_x_encode_atom(reply, "ok");
    } else if (strcmp(atom, "noevents") == 0) {
        bool was = l->wants_events;
        listener_unsubscribe(l);
        was ? (void)ei_x_encode_atom(reply, "ok") : reply_error(reply, "notlistening");
    } else if (strcmp(atom, "getpid") == 0) {
        ei_x_encode_tuple_header(reply, 2);
        ei_x_encode_atom(reply, "ok");
        ei_x_encode_pid(reply, ei_self(&node.ec));
    } else if (strcmp(atom, "exit") == 0) {
        ei_x_encode_atom(reply, "ok");
        return false;
    } else
        reply_error(reply, "undef");
    return true;
}

/* Whatever name on the node a message is sent to: only net_kernel is another matter, and a ping to it goes unanswered here. */
bool command_handle(listener *l, erlang_msg *from, ei_x_buff *message) {
    const char *in = message->buff;
    int index = 0, version, type, size;
    bool stay = true;
    ei_x_buff reply;
    if (from->msgtype == ERL_REG_SEND && strcmp(from->toname, "net_kernel") == 0) return true;
    ei_decode_version(in, &index, &version);
    if (ei_get_type(in, &index, &type, &size) != 0) return true;
    transcribe("->", l->peer, in);
    ei_x_new_with_version(&reply);
    if (type == ERL_SMALL_TUPLE_EXT || type == ERL_LARGE_TUPLE_EXT)
        handle_tuple(l, from, in, index, &reply);
    else if (type == ERL_ATOM_EXT || type == ERL_SMALL_ATOM_EXT || type == ERL_ATOM_UTF8_EXT || type == ERL_SMALL_ATOM_UTF8_EXT)
        stay = handle_atom(l, from, in, index, &reply);
    else
        reply_error(&reply, "undef");
    if (reply.index > 1) listener_send(l, &from->from, &reply);
    ei_x_free(&reply);
    return stay;
}
