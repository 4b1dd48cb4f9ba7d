/* One connection: its subscriptions, its queue that overflows, and the loop that reads for 1 ms and then sends in bulk. */
#define _GNU_SOURCE
#include "cnode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static bool word_in(const words *w, const char *word) {
    for (; w; w = w->next)
        if (strcmp(w->word, word) == 0) return true;
    return false;
}

/* A filter lets pass or stops by the headers that an event has; an event without the header is not touched. */
static bool filters_pass(const listener *l, const template *t) {
    bool pass = true;
    char value[1024];
    for (const words *f = l->filters; f; f = f->next) {
        char name[NAME_LENGTH];
        snprintf(name, sizeof name, "%s", f->word);
        char *wanted = strchr(name, ' ');
        if (!wanted) continue;
        *wanted++ = '\0';
        if (!template_header(t, name, value, sizeof value)) continue;
        bool equal = strcasecmp(value, *wanted == '+' || *wanted == '-' ? wanted + 1 : wanted) == 0;
        bool positive = *wanted != '-';
        if (equal == positive)
            pass = true;
        else if (positive || equal)
            return false;
    }
    return pass;
}

static bool wants(const listener *l, const template *t) {
    if (!l->wants_events || l->closing) return false;
    bool custom = strcmp(t->name, "CUSTOM") == 0 && *t->subclass;
    bool named = l->all;
    if (!named && custom) named = (l->all_but_custom || word_in(l->names, "CUSTOM")) && word_in(l->customs, t->subclass);
    if (!named && !custom) named = (l->all_but_custom && !word_in(l->nixed, t->name)) || word_in(l->names, t->name);
    return named && filters_pass(l, t);
}

/* lock held */
static bool queue_push(listener *l, const item *it) {
    if (l->used == node.queue) return false;
    l->queue[(l->head + l->used) % node.queue] = *it;
    if (it->what->owners > 0) it->what->owners++;
    l->used++;
    return true;
}

static bool queue_pop(listener *l, item *it) {
    pthread_mutex_lock(&l->lock);
    bool any = l->wants_events && l->has_handler && l->used > 0;
    if (any) {
        *it = l->queue[l->head];
        l->head = (l->head + 1) % node.queue;
        l->used--;
    }
    pthread_mutex_unlock(&l->lock);
    return any;
}

static void queue_purge(listener *l) {
    for (; l->used; l->used--) {
        item_release(&l->queue[l->head]);
        l->head = (l->head + 1) % node.queue;
    }
}

/* Event handler gone, or `noevents`: queue and subscriptions go with it. */
void listener_unsubscribe(listener *l) {
    pthread_mutex_lock(&l->lock);
    l->wants_events = l->all = l->all_but_custom = false;
    l->names = l->nixed = l->customs = NULL; /* a few words of a test node */
    queue_purge(l);
    pthread_mutex_unlock(&l->lock);
}

static bool take_loss(void) {
    uint64_t left = node.to_lose;
    while (left)
        if (atomic_compare_exchange_weak(&node.to_lose, &left, left - 1)) return true;
    return false;
}

/* To every listener that subscribed. A full queue loses the event; the first that fits again is followed by a TRAP. */
void listeners_fire(const item *it, bool wait) {
    uint64_t trapped = 0;
    pthread_mutex_lock(&node.lock);
    bool lose = node.listeners && take_loss();
    for (listener *l = node.listeners; l; l = l->next) {
        pthread_mutex_lock(&l->lock);
        bool wanted = wants(l, it->what);
        while (wanted && wait && !lose && l->used == node.queue && !l->closing) {
            pthread_mutex_unlock(&l->lock);
            pthread_mutex_unlock(&node.lock);
            pause_micros(500);
            pthread_mutex_lock(&node.lock);
            pthread_mutex_lock(&l->lock);
            wanted = wants(l, it->what);
        }
        if (wanted) {
            if (!lose && queue_push(l, it)) {
                trapped = l->lost_now;
                l->lost_now = 0;
            } else {
                l->lost_now++;
                l->lost_total++;
            }
        }
        pthread_mutex_unlock(&l->lock);
    }
    pthread_mutex_unlock(&node.lock);
    if (trapped) {
        char info[64];
        snprintf(info, sizeof info, "lost %llu events", (unsigned long long)trapped);
        event_fire("TRAP", NULL, NULL, &(header){"info", info}, 1, NULL);
    }
}

int listener_send(listener *l, erlang_pid *to, ei_x_buff *message) {
    transcribe("<-", l->peer, message->buff); /* before it goes, so that it stands there when its reader acts */
    pthread_mutex_lock(&l->socket_lock);
    int sent = l->closing ? -1 : ei_send(l->fd, to, message->buff, message->index);
    pthread_mutex_unlock(&l->socket_lock);
    return sent;
}

static uint32_t send_bulk(listener *l, char **scratch, size_t *scratch_size) {
    uint32_t sent = 0;
    item it;
    while (sent < node.bulk && queue_pop(l, &it)) {
        const char *bytes = item_render(&it, scratch, scratch_size);
        pthread_mutex_lock(&l->socket_lock);
        if (!l->closing) ei_send(l->fd, &l->handler, (char *)bytes, (int)it.what->length);
        pthread_mutex_unlock(&l->socket_lock);
        item_release(&it);
        l->sent++;
        sent++;
    }
    return sent;
}

/* One message a pass. `dry`: there was none within the millisecond. */
static bool receive(listener *l, bool *dry) {
    erlang_msg message;
    ei_x_buff in;
    bool stay = true;
    ei_x_new(&in);
    int status = ei_xreceive_msg_tmo(l->fd, &message, &in, 1);
    int error = erl_errno;
    *dry = status == ERL_ERROR;
    if (status == ERL_ERROR)
        stay = error == ETIMEDOUT || error == EAGAIN;
    else if (status == ERL_MSG && (message.msgtype == ERL_SEND || message.msgtype == ERL_REG_SEND))
        stay = command_handle(l, &message, &in);
    else if (status == ERL_MSG && (message.msgtype == ERL_EXIT || message.msgtype == ERL_EXIT2)) {
        bindings_remove(NULL, &message.from);
        if (l->has_handler && ei_cmp_pids(&message.from, &l->handler) == 0) listener_unsubscribe(l);
    }
    ei_x_free(&in);
    return stay && !l->closing;
}

static void unhook(listener *l) {
    pthread_mutex_lock(&node.lock);
    for (listener **at = &node.listeners; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            break;
        }
    pthread_mutex_unlock(&node.lock);
    bindings_remove(l, NULL);
}

static void *listen_to(void *given) {
    listener *l = given;
    char *scratch = NULL;
    size_t scratch_size = 0;
    say("up %s", l->peer);
    for (;;) {
        if (node.stalled && !l->closing) {
            l->parked = true;
            pause_micros(1000);
            continue;
        }
        l->parked = false;
        bool dry;
        if (!receive(l, &dry)) break;
        uint32_t sent = send_bulk(l, &scratch, &scratch_size);
        if (sent && dry && node.old) break; /* it looks at erl_errno only now, and that tells of the sending */
        if (sent == 0 && !node.eager) pause_micros(10000);
    }
    unhook(l);
    pthread_mutex_lock(&l->socket_lock);
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    close(l->fd);
    pthread_mutex_unlock(&l->socket_lock);
    queue_purge(l);
    pthread_mutex_unlock(&l->lock);
    say("down %s", l->peer);
    free(scratch);
    free(l->queue); /* the rest stays: a late bgapi thread may still hold it */
    return NULL;
}

void listener_start(int fd, const ErlConnect *peer) {
    listener *l = calloc(1, sizeof *l);
    pthread_t thread;
    l->fd = fd;
    snprintf(l->peer, sizeof l->peer, "%s", peer->nodename);
    l->queue = calloc(node.queue, sizeof(item));
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->socket_lock, NULL);
    pthread_mutex_lock(&node.lock);
    l->next = node.listeners;
    node.listeners = l;
    pthread_mutex_unlock(&node.lock);
    pthread_create(&thread, NULL, listen_to, l);
    pthread_detach(thread);
}

void listeners_cut(void) {
    pthread_mutex_lock(&node.lock);
    for (listener *l = node.listeners; l; l = l->next) {
        l->closing = true;
        shutdown(l->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&node.lock);
}

bool listeners_idle(void) {
    bool idle = true;
    pthread_mutex_lock(&node.lock);
    for (listener *l = node.listeners; l; l = l->next)
        if (l->wants_events && l->used) idle = false;
    pthread_mutex_unlock(&node.lock);
    return idle;
}

/* Until no listener is in the middle of reading or sending. */
void listeners_await_parking(void) {
    for (;;) {
        bool all = true;
        pthread_mutex_lock(&node.lock);
        for (listener *l = node.listeners; l; l = l->next) all = all && (l->parked || l->closing);
        pthread_mutex_unlock(&node.lock);
        if (all) return;
        pause_micros(500);
    }
}

void listeners_print(void) {
    uint64_t sent = 0, queued = 0, lost = 0;
    int count = 0;
    pthread_mutex_lock(&node.lock);
    for (listener *l = node.listeners; l; l = l->next, count++) sent += l->sent, queued += l->used, lost += l->lost_total;
    pthread_mutex_unlock(&node.lock);
    say("stats connections=%d sent=%llu queued=%llu lost=%llu", count, (unsigned long long)sent, (unsigned long long)queued,
        (unsigned long long)lost);
}
