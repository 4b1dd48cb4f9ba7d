/* The channels that the node says it has: filled by what it plays (CHANNEL_CREATE, CHANNEL_DESTROY) and by commands. */
#include "cnode.h"

#include <stdlib.h>
#include <string.h>

typedef struct channel {
    char uuid[UUID_LENGTH * 2];
    bool ghost; /* listed by `show channels`, unknown to `uuid_exists` */
    uint64_t created;
    struct channel *next;
} channel;

static channel *channels;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static channel **find(const char *uuid) {
    channel **at = &channels;
    while (*at && strcmp((*at)->uuid, uuid) != 0) at = &(*at)->next;
    return at;
}

void channel_add(const char *uuid, bool ghost) {
    pthread_mutex_lock(&lock);
    channel **at = find(uuid);
    if (!*at) {
        *at = calloc(1, sizeof(channel));
        snprintf((*at)->uuid, sizeof (*at)->uuid, "%s", uuid);
        (*at)->created = now_micros();
        if (!ghost) node.sessions++;
    }
    (*at)->ghost = ghost;
    pthread_mutex_unlock(&lock);
}

void channel_remove(const char *uuid) {
    pthread_mutex_lock(&lock);
    channel **at = find(uuid);
    if (*at) {
        channel *gone = *at;
        *at = gone->next;
        free(gone);
    }
    pthread_mutex_unlock(&lock);
}

void channels_clear(void) {
    pthread_mutex_lock(&lock);
    while (channels) {
        channel *gone = channels;
        channels = gone->next;
        free(gone);
    }
    pthread_mutex_unlock(&lock);
}

bool channel_exists(const char *uuid) {
    pthread_mutex_lock(&lock);
    channel *found = *find(uuid);
    bool exists = found && !found->ghost;
    pthread_mutex_unlock(&lock);
    return exists;
}

int channels_count(void) {
    int count = 0;
    pthread_mutex_lock(&lock);
    for (channel *c = channels; c; c = c->next) count += !c->ghost;
    pthread_mutex_unlock(&lock);
    return count;
}

/* `show channels as json`: a core without channels leaves `rows` out. */
int channels_json(char *out, size_t size) {
    int count = 0;
    size_t used = 0;
    pthread_mutex_lock(&lock);
    for (channel *c = channels; c; c = c->next) count++;
    used += (size_t)snprintf(out, size, "{\"row_count\":%d", count);
    if (count) used += (size_t)snprintf(out + used, size - used, ",\"rows\":[");
    for (channel *c = channels; c && used < size; c = c->next)
        used += (size_t)snprintf(out + used, size - used,
                                 "{\"uuid\":\"%s\",\"direction\":\"inbound\",\"created_epoch\":\"%llu\",\"name\":"
                                 "\"sofia/internal/1001@alpha.example\",\"state\":\"CS_EXECUTE\",\"cid_name\":\"Alice\","
                                 "\"cid_num\":\"1001\",\"dest\":\"1002\",\"context\":\"alpha.example\",\"callstate\":\"ACTIVE\"}%s",
                                 c->uuid, (unsigned long long)(c->created / 1000000u), c->next ? "," : "");
    if (count && used < size) used += (size_t)snprintf(out + used, size - used, "]");
    if (used < size) used += (size_t)snprintf(out + used, size - used, "}\n");
    pthread_mutex_unlock(&lock);
    return (int)used;
}
