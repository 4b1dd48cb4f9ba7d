/* Events of the node's own making: TRAP, API, BACKGROUND_JOB, HEARTBEAT, and what `sendevent` or a command asks for. */
#include "cnode.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void put(ei_x_buff *out, const char *name, const char *value) {
    ei_x_encode_tuple_header(out, 2);
    encode_text(out, name, strlen(name));
    encode_text(out, value, strlen(value));
}

void event_fire(const char *name, const char *subclass, const char *leg, const header *headers, int count, const char *body) {
    char sequence[32], micros[32], local[64], gmt[64];
    uint64_t now = now_micros();
    time_t seconds = (time_t)(now / 1000000u);
    struct tm parts;
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)++node.sequence);
    snprintf(micros, sizeof micros, "%llu", (unsigned long long)now);
    strftime(local, sizeof local, "%Y-%m-%d %H:%M:%S", localtime_r(&seconds, &parts));
    strftime(gmt, sizeof gmt, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&seconds, &parts));
    const header base[] = {{"Event-Name", name},         {"Core-UUID", node.core},
                           {"FreeSWITCH-Hostname", "vm"}, {"FreeSWITCH-Switchname", node.ec.thisnodename},
                           {"FreeSWITCH-IPv4", "127.0.0.1"}, {"FreeSWITCH-IPv6", "::1"},
                           {"Event-Date-Local", local},  {"Event-Date-GMT", gmt},
                           {"Event-Date-Timestamp", micros}, {"Event-Calling-File", "cnode.c"},
                           {"Event-Calling-Function", "event_fire"}, {"Event-Calling-Line-Number", "1"},
                           {"Event-Sequence", sequence}};
    const int base_count = sizeof base / sizeof base[0];
    bool custom = subclass && *subclass;
    ei_x_buff out;
    ei_x_new_with_version(&out);
    ei_x_encode_tuple_header(&out, 2);
    ei_x_encode_atom(&out, "event");
    ei_x_encode_list_header(&out, 1 + custom + base_count + (leg && *leg) + count + (body != NULL));
    if (leg && *leg)
        encode_text(&out, leg, strlen(leg));
    else
        ei_x_encode_atom(&out, "undefined");
    if (custom) put(&out, "Event-Subclass", subclass); /* the core creates the subclass header first */
    for (int i = 0; i < base_count; i++) put(&out, base[i].name, base[i].value);
    if (leg && *leg) put(&out, "Unique-ID", leg);
    for (int i = 0; i < count; i++) put(&out, headers[i].name, headers[i].value);
    if (body) put(&out, "body", body);
    ei_x_encode_empty_list(&out);
    item it = {.what = template_made(out.buff, (uint32_t)out.index, name, custom ? subclass : "", leg ? leg : "")};
    ei_x_free(&out);
    listeners_fire(&it, false);
    item_release(&it);
}
