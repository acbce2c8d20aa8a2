/*
 * The life of a client, and the compositor's use of its buffers, whatever fails: files of three kinds, buffers, growth,
 * blocks, reads, and objects left behind.
 */
#ifndef HARNESS_LIFE_H
#define HARNESS_LIFE_H

struct client;
struct server;

#define LIFE_FILES 3
#define LIFE_SIZE 131072 // bytes of each file, or more

/* Creates the LIFE_FILES files of a life. */
void life_create_files(int *fds);

/* Expects that the server no longer holds fds or mappings of the files, and closes them. */
void life_close_files(const int *fds);

/* Runs a whole life. Stops where the server has ended the client. */
void life_run(struct client *client, const int *fds);

/* If the server has ended the client, the error must be one allowed for failures that are not the client's fault. */
void life_expect_honest_end(struct client *client);

/* Expects that another client can have such a life without any error. */
void life_expect_possible(struct server *server, const int *fds);

#endif
