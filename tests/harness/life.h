/*
 * What a client does in its life, and a compositor with what it gets, whatever of it fails: files of three kinds,
 * buffers, growth, blocks, reads, and an end in a mess.
 */
#ifndef HARNESS_LIFE_H
#define HARNESS_LIFE_H

struct client;
struct server;

#define LIFE_FILES 3
#define LIFE_SIZE 131072 // bytes of each file, or more

/* The files of a life, LIFE_FILES of them. */
void life_create_files(int *fds);

/* Expects that the server holds nothing of them any more, and closes them. */
void life_close_files(const int *fds);

/* All of it. Stops wherever the server has ended the client. */
void life_run(struct client *client, const int *fds);

/* If the server has ended the client, then by an error that it may give for what is not the client's fault. */
void life_expect_honest_end(struct client *client);

/* Expects that another client can have such a life, without any error. */
void life_expect_possible(struct server *server, const int *fds);

#endif
