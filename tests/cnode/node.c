/* What all files share: the clock, identifiers, texts in the encoding of the day, speaking on stdout. */
#include "cnode.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

node_state node = {.lock = PTHREAD_MUTEX_INITIALIZER, .bulk = 100, .queue = 100000, .transfer_events = true};

uint64_t now_micros(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void pause_micros(uint64_t micros) {
    struct timespec t = {.tv_sec = (time_t)(micros / 1000000u), .tv_nsec = (long)(micros % 1000000u) * 1000};
    nanosleep(&t, NULL);
}

void new_uuid(char *out) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != sizeof b) abort();
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    sprintf(out, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
            b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void say(const char *format, ...) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&lock);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

/* The transcript is read by tests: one line a message, `<microseconds> <arrow> <peer> <term as text>`. */
void transcribe(const char *arrow, const char *peer, const char *message) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    if (!node.transcript) return;
    char *text = NULL;
    int index = 0, version;
    if (ei_decode_version(message, &index, &version) != 0) index = 0;
    if (ei_s_print_term(&text, message, &index) < 0 || !text) return;
    for (char *c = text; *c; c++)
        if (*c == '\n') *c = ' ';
    pthread_mutex_lock(&lock);
    fprintf(node.transcript, "%llu %s %s %s\n", (unsigned long long)now_micros(), arrow, peer, text);
    fflush(node.transcript);
    pthread_mutex_unlock(&lock);
    free(text);
}

void encode_text(ei_x_buff *out, const char *text, size_t length) {
    if (node.binary)
        ei_x_encode_binary(out, text, (int)length);
    else
        ei_x_encode_string_len(out, text, (int)length);
}

/* A string or a binary, as `api`, `bgapi` and `fetch_reply` take it. -1: something else, or longer than size - 1. */
int decode_text(const char *buffer, int *index, char *out, size_t size) {
    int type, length;
    if (ei_get_type(buffer, index, &type, &length) != 0 || (size_t)length >= size) return -1;
    if (type == ERL_BINARY_EXT) {
        long got;
        if (ei_decode_binary(buffer, index, out, &got) != 0) return -1;
        out[got] = '\0';
        return 0;
    }
    return decode_strict_string(buffer, index, out, size);
}

/* A string only: keys and values of `sendmsg` and `sendevent` may be nothing else. */
int decode_strict_string(const char *buffer, int *index, char *out, size_t size) {
    int type, length;
    if (ei_get_type(buffer, index, &type, &length) != 0 || (size_t)length >= size) return -1;
    if (type != ERL_STRING_EXT && type != ERL_NIL_EXT && type != ERL_LIST_EXT) return -1;
    return ei_decode_string(buffer, index, out);
}
