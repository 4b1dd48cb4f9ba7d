/* The command line, the accepting of connections, and the line protocol by which a test commands the node. */
#define _GNU_SOURCE
#include "cnode.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int accepting;

static void die(const char *why) {
    fprintf(stderr, "cnode: %s\n", why);
    exit(1);
}

static int listen_somewhere(int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)*port)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, 16) != 0) die("cannot listen");
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

static void *accept_all(void *unused) {
    (void)unused;
    for (;;) {
        ErlConnect peer;
        int fd = ei_accept(&node.ec, accepting, &peer);
        if (fd == ERL_ERROR)
            say("refused %d", erl_errno); /* a wrong cookie, for one */
        else {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            listener_start(fd, &peer);
        }
    }
    return NULL;
}

/* `event NAME SUBCLASS|- LEG|- Header=Value ...`: blanks in values are written as `+`. */
static void fire_line(char *line) {
    header headers[64];
    int count = 0;
    char *rest, *name = strtok_r(line, " ", &rest), *subclass = strtok_r(NULL, " ", &rest), *leg = strtok_r(NULL, " ", &rest);
    if (!leg) {
        say("error event NAME SUBCLASS|- LEG|- Header=Value ...");
        return;
    }
    for (char *word; count < 64 && (word = strtok_r(NULL, " ", &rest));) {
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = '\0';
        for (char *c = value; *c; c++)
            if (*c == '+') *c = ' ';
        headers[count++] = (header){word, value};
    }
    if (strcmp(name, "CHANNEL_CREATE") == 0) channel_add(leg, false);
    if (strcmp(name, "CHANNEL_DESTROY") == 0) channel_remove(leg);
    event_fire(name, *subclass == '-' ? NULL : subclass, *leg == '-' ? NULL : leg, headers, count, NULL);
    say("fired %s", name);
}

static void new_core(const char *uuid) {
    if (uuid && strcmp(uuid, "new") != 0)
        snprintf(node.core, sizeof node.core, "%s", uuid);
    else
        new_uuid(node.core);
    node.sequence = 1000000000;
    node.sessions = 0;
    node.started = now_micros();
    say("core %s", node.core);
}

static void obey(char *line) {
    char *rest, *whole = strdup(line), *word = strtok_r(line, " ", &rest), *a = strtok_r(NULL, " ", &rest),
                *b = strtok_r(NULL, " ", &rest), *c = strtok_r(NULL, " ", &rest), *d = strtok_r(NULL, " ", &rest);
    if (!word) return;
    if (strcmp(word, "play") == 0 && a)
        player_play(a, b ? atof(b) : 0);
    else if (strcmp(word, "flood") == 0 && b)
        player_flood(a, strtoull(b, NULL, 10), c ? atof(c) : 0);
    else if (strcmp(word, "event") == 0)
        fire_line(strchr(whole, ' ') ? strchr(whole, ' ') + 1 : whole);
    else if (strcmp(word, "channel") == 0 && b && strcmp(a, "add") == 0)
        channel_add(b, false), say("channels %d", channels_count());
    else if (strcmp(word, "channel") == 0 && b && strcmp(a, "ghost") == 0)
        channel_add(b, true), say("channels %d", channels_count());
    else if (strcmp(word, "channel") == 0 && b && strcmp(a, "remove") == 0)
        channel_remove(b), say("channels %d", channels_count());
    else if (strcmp(word, "channel") == 0 && a && strcmp(a, "clear") == 0)
        channels_clear(), say("channels 0");
    else if (strcmp(word, "answer") == 0 && strchr(whole, '=')) { /* answer COMMAND [ARGUMENT]=TEXT */
        char *command = strchr(whole, ' ') + 1, *text = strchr(command, '=');
        *text++ = '\0';
        answer_set(command, text);
        say("answers %s", command);
    } else if (strcmp(word, "fetch-recorded") == 0 && a)
        fetch_recorded(a, b ? (uint32_t)atoi(b) : 1, c ? atof(c) : 0);
    else if (strcmp(word, "fetch") == 0 && d)
        listeners_fetch(a, b, c, d) ? (void)0 : say("fetch-none");
    else if (strcmp(word, "core") == 0)
        new_core(a);
    else if (strcmp(word, "lose") == 0 && a)
        atomic_store(&node.to_lose, strtoull(a, NULL, 10)), say("losing %s", a);
    else if (strcmp(word, "stall") == 0 && a) {
        node.stalled = strcmp(a, "on") == 0;
        if (node.stalled) listeners_await_parking();
        say("stalled %s", a);
    } else if (strcmp(word, "hasty") == 0 && a)
        atomic_store(&node.hasty, strcmp(a, "on") == 0), say("hasty %s", a);
    else if (strcmp(word, "eager") == 0 && a)
        atomic_store(&node.eager, strcmp(a, "on") == 0), say("eager %s", a);
    else if (strcmp(word, "bulk") == 0 && a)
        node.bulk = (uint32_t)atoi(a), say("bulk %s", a);
    else if (strcmp(word, "cut") == 0)
        listeners_cut(), say("cut");
    else if (strcmp(word, "stats") == 0)
        listeners_print();
    else if (strcmp(word, "die") == 0)
        _exit(137);
    else if (strcmp(word, "quit") == 0)
        exit(0);
    else
        say("error unknown command %s", word);
    free(whole);
}

static void options(int count, char **words, const char **name, const char **cookie, const char **core, int *port) {
    static const struct option known[] = {{"name", 1, 0, 'n'},  {"cookie", 1, 0, 'c'},     {"encoding", 1, 0, 'e'},
                                          {"bulk", 1, 0, 'b'},  {"queue", 1, 0, 'q'},      {"core", 1, 0, 'u'},
                                          {"port", 1, 0, 'p'},  {"transcript", 1, 0, 't'}, {"no-transfer-events", 0, 0, 'x'},
                                          {"old", 0, 0, 'o'},
                                          {0, 0, 0, 0}};
    for (int option; (option = getopt_long(count, words, "", known, NULL)) != -1;) switch (option) {
        case 'n': *name = optarg; break;
        case 'c': *cookie = optarg; break;
        case 'e': node.binary = strcmp(optarg, "binary") == 0; break;
        case 'b': node.bulk = (uint32_t)atoi(optarg); break;
        case 'q': node.queue = (uint32_t)atoi(optarg); break;
        case 'u': *core = optarg; break;
        case 'p': *port = atoi(optarg); break;
        case 't': node.transcript = fopen(optarg, "w"); break;
        case 'x': node.transfer_events = false; break;
        case 'o': node.old = true; break;
        default: die("usage: cnode --name freeswitch@127.0.0.1 --cookie COOKIE [--encoding string|binary] [--bulk N] [--queue N]"
                     " [--core UUID] [--port N] [--transcript FILE] [--no-transfer-events] [--old]");
        }
}

int main(int count, char **words) {
    const char *name = "freeswitch@127.0.0.1", *cookie = "ClueCon", *core = NULL;
    int port = 0;
    options(count, words, &name, &cookie, &core, &port);
    signal(SIGPIPE, SIG_IGN);
    const char *host = strchr(name, '@');
    if (!host || !node.queue || !node.bulk) die("give a name of the form freeswitch@host, and numbers above 0");
    char alive[MAXNODELEN + 1];
    snprintf(alive, sizeof alive, "%.*s", (int)(host - name), name);
    struct in_addr address = {.s_addr = htonl(INADDR_LOOPBACK)};
    if (ei_init() != 0 || ei_connect_xinit(&node.ec, host + 1, alive, name, &address, cookie, 0) < 0) die("libei would not start");
    accepting = listen_somewhere(&port);
    if (ei_publish(&node.ec, port) < 0) die("epmd refused the name, or none runs");
    new_core(core);
    say("ready %s %d %d", name, port, (int)getpid());
    pthread_t acceptor;
    pthread_create(&acceptor, NULL, accept_all, NULL);
    char *line = NULL;
    size_t size = 0;
    for (ssize_t length; (length = getline(&line, &size, stdin)) > 0;) {
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) line[--length] = '\0';
        obey(line);
    }
    exit(0); /* the test that held our stdin is gone */
}
