/* What the commands on calls answer, in the words of FreeSWITCH 1.11 (mod_commands, mod_conference), also where they are
 * strange: `uuid_hold` says OK of a leg that does not exist. A leg exists when `channel add` or a played event made it. */
#include "cnode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS 10
#define NO_CHANNEL "-ERR No such channel!\n"
#define NO_SESSION "-ERR Cannot locate session!\n"

/* Words between blanks; `\s` is a blank inside of one. */
static int split(char *line, char **words) {
    int count = 0;
    for (char *at = line; *at && count < WORDS;) {
        words[count++] = at;
        while (*at && *at != ' ') at++;
        if (*at) *at++ = '\0';
    }
    return count;
}

static void originate(int count, char **words, char *out, size_t size) {
    char uuid[UUID_LENGTH + 1];
    if (count < 2 || count > 7)
        snprintf(out, size, "-USAGE: originate <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>]\n");
    else if (strstr(words[0], "user/nobody@"))
        snprintf(out, size, "-ERR SUBSCRIBER_ABSENT\n");
    else {
        if (strstr(words[0], "user/slow@")) pause_micros(60000000u); /* a phone that rings long */
        new_uuid(uuid);
        channel_add(uuid, false);
        event_fire("CHANNEL_CREATE", NULL, uuid, NULL, 0, NULL);
        snprintf(out, size, "+OK %s\n", uuid);
    }
}

static void kill_leg(const char *uuid, char *out, size_t size) {
    bool there = channel_exists(uuid);
    snprintf(out, size, there ? "+OK\n" : NO_CHANNEL);
    if (there) {
        event_fire("CHANNEL_DESTROY", NULL, uuid, NULL, 0, NULL);
        channel_remove(uuid);
    }
}

static void conference(int count, char **words, char *out, size_t size) {
    if (count < 3 || strncmp(words[2], "uuid=", 5) != 0)
        snprintf(out, size, "%s <[member_id|all]|last|non_moderator> [<quiet>]", count > 1 ? words[1] : "");
    else if (strncmp(words[0], "3001", 4) != 0)
        snprintf(out, size, "-ERR Conference %s not found\n", words[0]);
    else if (!channel_exists(words[2] + 5))
        snprintf(out, size, "-ERR Non-Existant member\n");
    else
        snprintf(out, size, "+OK %s 2\n", strcmp(words[1], "kick") == 0 ? "kicked" : words[1]);
}

bool call_answer(const char *command, const char *argument, char *out, size_t size) {
    char *line = strdup(argument), *words[WORDS] = {0};
    int count = split(line, words);
    const char *leg = count ? words[0] : "";
    bool there = channel_exists(leg), known = true;
    if (strcmp(command, "originate") == 0)
        originate(count, words, out, size);
    else if (strcmp(command, "uuid_kill") == 0)
        kill_leg(leg, out, size);
    else if (strcmp(command, "uuid_transfer") == 0 || strcmp(command, "uuid_park") == 0 || strcmp(command, "uuid_setvar") == 0)
        snprintf(out, size, there ? "+OK\n" : NO_CHANNEL);
    else if (strcmp(command, "uuid_getvar") == 0 && there && count > 1 && strcmp(words[1], "endpoint_disposition") == 0)
        snprintf(out, size, "ANSWER");
    else if (strcmp(command, "uuid_getvar") == 0)
        snprintf(out, size, there ? "_undef_" : NO_CHANNEL);
    else if (strcmp(command, "uuid_hold") == 0)
        snprintf(out, size, "+OK Success\n");
    else if (strcmp(command, "uuid_broadcast") == 0)
        snprintf(out, size, there ? "+OK Message sent\n" : "-ERR invalid uuid\n");
    else if (strcmp(command, "uuid_record") == 0)
        snprintf(out, size, there ? "+OK Success\n" : NO_SESSION);
    else if (strcmp(command, "uuid_send_dtmf") == 0 && there)
        snprintf(out, size, "+OK %s sent DTMF %s.\n", leg, count > 1 ? words[1] : "");
    else if (strcmp(command, "uuid_send_dtmf") == 0)
        snprintf(out, size, NO_SESSION);
    else if (strcmp(command, "conference") == 0)
        conference(count, words, out, size);
    else if (strcmp(command, "uuid_bridge") == 0)
        snprintf(out, size, "%s%s\n", there && count > 1 && channel_exists(words[1]) ? "+OK " : "-ERR Invalid uuid", there && count > 1 && channel_exists(words[1]) ? words[1] : "");
    else if (strcmp(command, "global_getvar") == 0 && strcmp(argument, "recordings_dir") == 0)
        snprintf(out, size, "/var/lib/freeswitch/recordings");
    else
        known = false;
    free(line);
    return known;
}
