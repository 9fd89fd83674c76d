#include "transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
typedef SOCKET handle;
#define MSG_NOSIGNAL 0
#else
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
typedef int handle;
#define closesocket close
#endif

static intptr_t connect_port(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int at_once = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    handle connection = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, (const char *)&at_once, sizeof at_once);
    if (!connect(connection, (struct sockaddr *)&address, sizeof address)) return (intptr_t)connection;
    closesocket(connection);
    return -1;
}

#ifdef _WIN32

static SRWLOCK lock = SRWLOCK_INIT;
void transport_lock(void) { AcquireSRWLockExclusive(&lock); }
void transport_unlock(void) { ReleaseSRWLockExclusive(&lock); }
void transport_sleep(unsigned milliseconds) { Sleep(milliseconds); }
uint32_t transport_process(void) { return GetCurrentProcessId(); }

void transport_environment(const char *name, char *value, size_t size) {
    DWORD length = GetEnvironmentVariableA(name, value, (DWORD)size);
    if (!length || length >= size) *value = 0;
}

int transport_is_over(intptr_t connection) {
    fd_set readable;
    struct timeval at_once = {0};
    FD_ZERO(&readable);
    FD_SET((SOCKET)connection, &readable);
    return select(0, &readable, NULL, NULL, &at_once) != 0;
}

static intptr_t connect_file(const char *path) {
    (void)path;
    return -1;
}

static void start(void) {
    WSADATA data;
    WSAStartup(MAKEWORD(2, 2), &data);
}

static uint32_t moment(void) {
    LARGE_INTEGER count;
    QueryPerformanceCounter(&count);
    return (uint32_t)count.QuadPart;
}

#else

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
void transport_lock(void) { pthread_mutex_lock(&lock); }
void transport_unlock(void) { pthread_mutex_unlock(&lock); }
void transport_sleep(unsigned milliseconds) { usleep(milliseconds * 1000); }
uint32_t transport_process(void) { return (uint32_t)getpid(); }

void transport_environment(const char *name, char *value, size_t size) {
    const char *found = getenv(name);
    if (!found || strlen(found) >= size) found = "";
    strcpy(value, found);
}

int transport_is_over(intptr_t connection) {
    char next;
    return recv((handle)connection, &next, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

static intptr_t connect_file(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!connect(connection, (struct sockaddr *)&address, sizeof address)) return connection;
    close(connection);
    return -1;
}

static void start(void) {}

static uint32_t moment(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

#endif

uint64_t transport_client(void) {
    static uint64_t client;
    if (!client || client >> 32 != transport_process()) /* a child is another client */
        client = (uint64_t)transport_process() << 32 | moment();
    return client;
}

intptr_t transport_connect(const char *address) {
    start();
    if (!*address) return -1;
    return address[strspn(address, "0123456789")] ? connect_file(address) : connect_port(address);
}

int transport_send(intptr_t connection, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size) {
        long sent = send((handle)connection, next, size, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        next += sent;
        size -= (size_t)sent;
    }
    return 0;
}

int transport_receive(intptr_t connection, void *bytes, size_t size) {
    char *next = bytes;
    while (size) {
        long received = recv((handle)connection, next, size, 0);
        if (received <= 0) return -1;
        next += received;
        size -= (size_t)received;
    }
    return 0;
}

void transport_close(intptr_t connection) { closesocket((handle)connection); }
