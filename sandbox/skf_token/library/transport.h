/* The way to the process that has the tokens: a Unix socket, or a port of this machine on Windows. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

enum { ADDRESS_BYTES = 512 };

/* Return a connection to the process at an address, or -1 where none listens there.
 * It is a port where it is all digits, else a Unix socket. */
intptr_t transport_connect(const char *address);

/* Send or receive all of it; return 0, or -1 where the process is gone. */
int transport_send(intptr_t connection, const void *bytes, size_t size);
int transport_receive(intptr_t connection, void *bytes, size_t size);

/* Whether the process at the other side has ended since; asked between calls. */
int transport_is_over(intptr_t connection);

void transport_close(intptr_t connection);

/* One thread at a time has the connection all calls but the waiting one share. */
void transport_lock(void);
void transport_unlock(void);

/* Copy an environment variable; empty where it is not set or does not fit. */
void transport_environment(const char *name, char *value, size_t size);

/* Who this process is among those that ever were. */
uint64_t transport_client(void);
uint32_t transport_process(void);

void transport_sleep(unsigned milliseconds);

#endif
