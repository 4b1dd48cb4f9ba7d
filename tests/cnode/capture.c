/* Reading a capture file, and making its events anew: other calls, happening now, in the same number of bytes.
 *
 * A fresh event has this node's Core-UUID, a sequence of ten digits, the time of its making as Event-Date-Timestamp, all
 * other times of the capture moved by one shift, and every UUID and SIP Call-ID changed by one mix a round, so that what
 * belonged together in the capture still does.
 */
#define _GNU_SOURCE
#include "cnode.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static capture *loaded;

/* ---- headers, by pattern: {Name,Value} as STRING_EXT or BINARY_EXT ---- */

static const char *find_header(const char *from, const char *end, const char *name, bool *binary) {
    char pattern[NAME_LENGTH + 8];
    size_t length = strlen(name);
    for (int as_binary = 0; as_binary < 2; as_binary++) {
        size_t at = 0;
        pattern[at++] = 'h', pattern[at++] = 2, pattern[at++] = as_binary ? 'm' : 'k';
        if (as_binary) pattern[at++] = 0, pattern[at++] = 0;
        pattern[at++] = (char)(length >> 8), pattern[at++] = (char)length;
        memcpy(pattern + at, name, length);
        const char *found = memmem(from, (size_t)(end - from), pattern, at + length);
        if (found) {
            *binary = as_binary;
            return found + at + length;
        }
    }
    return NULL;
}

static const char *value_at(const char *at, const char *end, uint32_t *length) {
    const unsigned char *u = (const unsigned char *)at;
    if (end - at >= 3 && *at == 'k') {
        *length = (uint32_t)(u[1] << 8 | u[2]);
        at += 3;
    } else if (end - at >= 5 && *at == 'm') {
        *length = (uint32_t)u[1] << 24 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 8 | u[4];
        at += 5;
    } else
        return NULL;
    return *length <= (uint32_t)(end - at) ? at : NULL;
}

bool template_header(const template *t, const char *name, char *value, size_t size) {
    const char *at = t->bytes, *end = t->bytes + t->length;
    bool binary, found = false;
    while ((at = find_header(at, end, name, &binary))) { /* the last of each counts */
        uint32_t length;
        const char *text = value_at(at, end, &length);
        if (text && length < size) {
            memcpy(value, text, length);
            value[length] = '\0';
            found = true;
        }
    }
    return found;
}

static void template_describe(template *t) {
    if (!template_header(t, "Event-Name", t->name, sizeof t->name)) t->name[0] = '\0';
    if (!template_header(t, "Event-Subclass", t->subclass, sizeof t->subclass)) t->subclass[0] = '\0';
    if (!template_header(t, "Unique-ID", t->leg, sizeof t->leg)) t->leg[0] = '\0';
}

template *template_made(const char *bytes, uint32_t length, const char *name, const char *subclass, const char *leg) {
    template *t = calloc(1, sizeof *t);
    t->bytes = malloc(length);
    memcpy(t->bytes, bytes, length);
    t->length = length;
    snprintf(t->name, sizeof t->name, "%s", name);
    snprintf(t->subclass, sizeof t->subclass, "%s", subclass);
    snprintf(t->leg, sizeof t->leg, "%s", leg);
    t->owners = 1;
    return t;
}

void item_release(const item *it) {
    if (it->what->owners > 0 && --it->what->owners == 0) {
        free(it->what->bytes);
        free(it->what);
    }
}

/* ---- making events anew ---- */

static void patch_add(template *t, uint32_t at, patch_kind kind, uint64_t base) {
    if ((t->patch_count & (t->patch_count - 1)) == 0)
        t->patches = realloc(t->patches, sizeof(patch) * (t->patch_count ? t->patch_count * 2 : 1));
    t->patches[t->patch_count++] = (patch){at, kind, base};
}

static bool is_uuid(const char *s) {
    if (s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-') return false;
    for (int i = 0; i < UUID_LENGTH; i++)
        if (i != 8 && i != 13 && i != 18 && i != 23 && !isxdigit((unsigned char)s[i])) return false;
    return true;
}

static uint64_t uuid_front(const char *s) { /* its first 48 bits */
    char digits[13] = {0};
    memcpy(digits, s, 8);
    memcpy(digits + 8, s + 9, 4);
    return strtoull(digits, NULL, 16);
}

/* Event-Sequence gets ten digits, so that any later number fits its place. */
static void widen_sequences(template *t) {
    const char *name = "Event-Sequence";
    size_t at = 0;
    for (;;) {
        bool binary;
        const char *value = find_header(t->bytes + at, t->bytes + t->length, name, &binary);
        if (!value) return;
        uint32_t old, place = (uint32_t)(value - t->bytes);
        const char *text = value_at(value, t->bytes + t->length, &old);
        if (!text) return;
        uint32_t start = (uint32_t)(text - t->bytes);
        char *wider = malloc(t->length + 10);
        memcpy(wider, t->bytes, start);
        wider[place + (binary ? 4 : 2)] = 10;
        memset(wider + start, '0', 10);
        memcpy(wider + start + 10, t->bytes + start + old, t->length - start - old);
        t->length = t->length - old + 10;
        free(t->bytes);
        t->bytes = wider;
        patch_add(t, start, PATCH_SEQUENCE, 0);
        at = start + 10;
    }
}

static void mark_timestamps(template *t) {
    const char *at = t->bytes, *end = t->bytes + t->length;
    bool binary;
    while ((at = find_header(at, end, "Event-Date-Timestamp", &binary))) {
        uint32_t length;
        const char *text = value_at(at, end, &length);
        if (text && length == 16) patch_add(t, (uint32_t)(text - t->bytes), PATCH_NOW, 0);
    }
}

typedef struct {
    uint64_t *hashes;
    size_t size, used;
} token_set;

static uint64_t token_hash(const char *s, size_t length) {
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return h ? h : 1;
}

static bool token_known(const token_set *set, uint64_t hash) {
    for (size_t i = hash & (set->size - 1); set->hashes[i]; i = (i + 1) & (set->size - 1))
        if (set->hashes[i] == hash) return true;
    return false;
}

static void token_learn(token_set *set, const template *t, const char *name) {
    char value[128];
    if (!template_header(t, name, value, sizeof value) || strlen(value) < 20 || is_uuid(value)) return;
    uint64_t hash = token_hash(value, strlen(value));
    if (set->used * 2 >= set->size || token_known(set, hash)) return;
    size_t i = hash & (set->size - 1);
    while (set->hashes[i]) i = (i + 1) & (set->size - 1);
    set->hashes[i] = hash;
    set->used++;
}

static bool is_token_character(char c) { return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_' || c == '~'; }

static void template_mark(template *t, const char *core, const char *own_core, const token_set *tokens, uint64_t low, uint64_t high) {
    widen_sequences(t);
    mark_timestamps(t);
    uint32_t fixed = t->patch_count;
    for (uint32_t i = 0; i < t->length;) {
        bool taken = false;
        for (uint32_t k = 0; k < fixed && !taken; k++) taken = t->patches[k].at == i;
        if (taken) {
            i += 10;
            continue;
        }
        if (i + UUID_LENGTH <= t->length && is_uuid(t->bytes + i)) {
            if (*core && memcmp(t->bytes + i, core, UUID_LENGTH) == 0)
                memcpy(t->bytes + i, own_core, UUID_LENGTH);
            else
                patch_add(t, i, PATCH_UUID, uuid_front(t->bytes + i));
            i += UUID_LENGTH;
            continue;
        }
        bool starts = i == 0 || !is_token_character(t->bytes[i - 1]);
        if (isdigit((unsigned char)t->bytes[i]) && (i == 0 || !isdigit((unsigned char)t->bytes[i - 1]))) {
            uint32_t end = i;
            while (end < t->length && isdigit((unsigned char)t->bytes[end])) end++;
            char digits[17] = {0};
            if (end - i == 16 || end - i == 10) {
                memcpy(digits, t->bytes + i, end - i);
                uint64_t value = strtoull(digits, NULL, 10);
                if (end - i == 16 && value >= low && value <= high) patch_add(t, i, PATCH_MICROS, value);
                if (end - i == 10 && value >= low / 1000000u && value <= high / 1000000u) patch_add(t, i, PATCH_SECONDS, value);
            }
        }
        if (starts && is_token_character(t->bytes[i]) && tokens->used) {
            uint32_t end = i;
            while (end < t->length && is_token_character(t->bytes[end])) end++;
            for (uint32_t from = i; from <= i + 1 && end >= from + 20; from++) { /* a length byte may look like a letter */
                uint64_t hash = token_hash(t->bytes + from, end - from);
                if (token_known(tokens, hash)) patch_add(t, from, PATCH_TOKEN, hash);
            }
        }
        i++;
    }
}

static void write_hex(char *to, uint64_t value, int digits) {
    static const char hex[] = "0123456789abcdef";
    for (int i = digits - 1; i >= 0; i--, value >>= 4) to[i] = hex[value & 15];
}

static void write_decimal(char *to, uint64_t value, int digits) {
    for (int i = digits - 1; i >= 0; i--, value /= 10) to[i] = (char)('0' + value % 10);
}

const char *item_render(const item *it, char **scratch, size_t *scratch_size) {
    const template *t = it->what;
    if (!t->patch_count) return t->bytes;
    if (*scratch_size < t->length) *scratch = realloc(*scratch, *scratch_size = t->length * 2);
    memcpy(*scratch, t->bytes, t->length);
    for (uint32_t i = 0; i < t->patch_count; i++) {
        char *at = *scratch + t->patches[i].at;
        uint64_t base = t->patches[i].base;
        switch (t->patches[i].kind) {
        case PATCH_UUID:
            base ^= it->mix & 0xffffffffffffu;
            write_hex(at, base >> 16, 8);
            write_hex(at + 9, base & 0xffff, 4);
            break;
        case PATCH_TOKEN: write_hex(at, (base ^ it->mix) & 0xffffffffu, 8); break;
        case PATCH_SEQUENCE: write_decimal(at, it->sequence, 10); break;
        case PATCH_NOW: write_decimal(at, it->now, 16); break;
        case PATCH_MICROS: write_decimal(at, base + (uint64_t)it->shift, 16); break;
        case PATCH_SECONDS: write_decimal(at, base + (uint64_t)(it->shift / 1000000), 10); break;
        }
    }
    return *scratch;
}

/* ---- files ---- */

static bool is_event(const char *term, uint32_t length) {
    int index = 0, version, arity;
    char atom[MAXATOMLEN];
    return length > 8 && ei_decode_version(term, &index, &version) == 0 && ei_decode_tuple_header(term, &index, &arity) == 0 &&
           arity == 2 && ei_decode_atom(term, &index, atom) == 0 && strcmp(atom, "event") == 0;
}

static char *read_whole(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*size + 1);
    if (fread(data, 1, *size, file) != *size) *size = 0;
    fclose(file);
    return data;
}

/* Only `{event,[...]}` records are played; the replies between them were answers to somebody else. */
capture *capture_load(const char *path, bool fresh, const char *own_core) {
    for (capture *c = loaded; c && !fresh; c = c->next)
        if (!c->fresh && strcmp(c->path, path) == 0) return c;
    size_t size;
    char *data = read_whole(path, &size);
    if (!data) {
        say("error cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    capture *c = calloc(1, sizeof *c);
    snprintf(c->path, sizeof c->path, "%s", path);
    c->fresh = fresh;
    size_t room = 0;
    for (size_t at = 0; at + 12 <= size;) {
        uint64_t when;
        uint32_t length;
        memcpy(&when, data + at, 8);
        memcpy(&length, data + at + 8, 4);
        when = be64toh(when), length = be32toh(length);
        if (length > size - at - 12) break;
        const char *term = data + at + 12;
        at += 12 + length;
        if (!is_event(term, length)) continue;
        if (c->count == room) c->events = realloc(c->events, sizeof(template) * (room = room ? room * 2 : 64));
        template *t = &c->events[c->count++];
        memset(t, 0, sizeof *t);
        t->bytes = malloc(length);
        memcpy(t->bytes, term, length);
        t->length = length;
        t->recorded_at = when;
        template_describe(t);
    }
    free(data);
    if (!c->count) {
        say("error no events in %s: give a gunzipped capture", path);
        free(c);
        return NULL;
    }
    if (fresh) {
        token_set tokens = {.size = 1 << 16};
        tokens.hashes = calloc(tokens.size, sizeof(uint64_t));
        uint64_t low = c->events[0].recorded_at - 3600000000u, high = c->events[c->count - 1].recorded_at + 3600000000u;
        for (uint32_t i = 0; i < c->count; i++) token_learn(&tokens, &c->events[i], "variable_sip_call_id");
        for (uint32_t i = 0; i < c->count; i++) {
            char core[64];
            if (!template_header(&c->events[i], "Core-UUID", core, sizeof core)) core[0] = '\0';
            template_mark(&c->events[i], core, own_core, &tokens, low, high);
        }
        free(tokens.hashes);
    } else {
        c->next = loaded;
        loaded = c;
    }
    return c;
}
