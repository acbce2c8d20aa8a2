#include <lido/version.h>

uint32_t lido_client_get_version(void) {
	return LIDO_VERSION_NUMBER;
}
