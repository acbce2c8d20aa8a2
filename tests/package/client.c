// A client: with no compositor, all that it can have is the version and texts.
#include <lido/client.h>
#include <lido/version.h>
#include <stdio.h>

int main(void) {
	printf("lido-client %#x: %s\n", lido_client_get_version(), lido_client_error_to_string(LIDO_CLIENT_ERROR_LIMIT));
	lido_client_destroy(NULL);
	return lido_client_get_version() == LIDO_VERSION_NUMBER ? 0 : 1;
}
