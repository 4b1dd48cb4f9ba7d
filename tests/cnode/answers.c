/* The texts behind `{api,...}` and `{bgapi,...}`. A command may be given another text with `answer` on stdin. */
#include "cnode.h"

#include <stdlib.h>
#include <string.h>

typedef struct answer {
    char command[NAME_LENGTH];
    char *text;
    struct answer *next;
} answer;

static answer *answers;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* In the text `\n` is a line's end. An empty text means that the command answers nothing. */
void answer_set(const char *command, const char *text) {
    pthread_mutex_lock(&lock);
    answer *a = answers;
    while (a && strcmp(a->command, command) != 0) a = a->next;
    if (!a) {
        a = calloc(1, sizeof *a);
        snprintf(a->command, sizeof a->command, "%s", command);
        a->next = answers;
        answers = a;
    }
    free(a->text);
    a->text = strdup(text);
    char *to = a->text;
    for (const char *from = a->text; *from; from++) {
        if (from[0] == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else
            *to++ = *from;
    }
    *to = '\0';
    pthread_mutex_unlock(&lock);
}

static bool answer_given(const char *command, const char *argument, char *out, size_t size) {
    char whole[NAME_LENGTH * 4];
    snprintf(whole, sizeof whole, "%s %s", command, argument);
    bool found = false;
    pthread_mutex_lock(&lock);
    for (answer *a = answers; a && !found; a = a->next)
        if (strcmp(a->command, command) == 0 || strcmp(a->command, whole) == 0) {
            snprintf(out, size, "%s", a->text);
            found = true;
        }
    pthread_mutex_unlock(&lock);
    return found;
}

static void configuration(const char *name, char *out, size_t size) {
    if (strcmp(name, "erlang_event.conf") == 0)
        snprintf(out, size,
                 "<configuration name=\"erlang_event.conf\" description=\"Erlang Socket Client\">\n  <settings>\n"
                 "    <param name=\"listen-port\" value=\"8031\"/>\n    <param name=\"nodename\" value=\"%s\"/>\n"
                 "    <param name=\"cookie\" value=\"hidden\"/>\n    <param name=\"encoding\" value=\"%s\"/>\n"
                 "    <param name=\"max-event-bulk\" value=\"%u\"/>\n  </settings>\n</configuration>\n",
                 node.ec.thisnodename, node.binary ? "binary" : "string", node.bulk);
    else if (strcmp(name, "sofia.conf") == 0)
        snprintf(out, size,
                 "<configuration name=\"sofia.conf\" description=\"sofia Endpoint\">\n  <profiles>\n"
                 "    <profile name=\"internal\"><settings>%s</settings></profile>\n"
                 "    <profile name=\"external\"><settings>%s</settings></profile>\n  </profiles>\n</configuration>\n",
                 node.transfer_events ? "<param name=\"fire-transfer-events\" value=\"true\"/>" : "",
                 node.transfer_events ? "<param name=\"fire-transfer-events\" value=\"true\"/>" : "");
    else
        snprintf(out, size, "can't find anything\n");
}

bool answer_to(const char *command, const char *argument, char *out, size_t size) {
    if (answer_given(command, argument, out, size) || call_answer(command, argument, out, size)) return true;
    if (strcmp(command, "status") == 0) {
        uint64_t up = (now_micros() - node.started) / 1000000u;
        snprintf(out, size,
                 "UP 0 years, 0 days, 0 hours, %llu minutes, %llu seconds, 0 milliseconds, 0 microseconds\n"
                 "FreeSWITCH (Version %s 64bit) is ready\n%u session(s) since startup\n"
                 "%d session(s) - peak 0, last 5min 0 \n0 session(s) per Sec out of max 100, peak 0, last 5min 0 \n"
                 "1000 session(s) max\nmin idle cpu 0.00/100.00\nCurrent Stack Size/Max 240K/8192K\n",
                 (unsigned long long)(up / 60), (unsigned long long)(up % 60),
                 node.old ? "1.10.12 -release git cnode" : "1.11.3-dev git cnode", (unsigned)node.sessions, channels_count());
    } else if (strcmp(command, "version") == 0) {
        const char *version = node.old ? "1.10.12-release" : "1.11.3-dev";
        snprintf(out, size, strcmp(argument, "short") == 0 ? "%s\n" : "FreeSWITCH Version %s (git cnode)\n", version);
    } else if (strcmp(command, "show") == 0 && strcmp(argument, "channels as json") == 0) {
        channels_json(out, size);
    } else if (strcmp(command, "show") == 0) {
        snprintf(out, size, "\n0 total.\n");
    } else if (strcmp(command, "uuid_exists") == 0) {
        snprintf(out, size, channel_exists(argument) ? "true" : "false");
    } else if (strcmp(command, "global_getvar") == 0 && strcmp(argument, "core_uuid") == 0) {
        snprintf(out, size, "%s", node.core);
    } else if (strcmp(command, "global_getvar") == 0) {
        snprintf(out, size, *argument ? "" : "hostname=vm\ncore_uuid=%s\n", node.core);
    } else if (strcmp(command, "hostname") == 0) {
        snprintf(out, size, "vm");
    } else if (strcmp(command, "echo") == 0) {
        snprintf(out, size, "%s", argument);
    } else if (strcmp(command, "xml_locate") == 0) {
        const char *name = strrchr(argument, ' ');
        configuration(name ? name + 1 : argument, out, size);
    } else if (strcmp(command, "msleep") == 0) {
        pause_micros((uint64_t)strtoull(argument, NULL, 10) * 1000u);
        snprintf(out, size, "+OK\n");
    } else {
        return false;
    }
    return true;
}
