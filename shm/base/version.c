#include <lido/version.h>

uint32_t lido_shm_get_version(void) {
	return LIDO_VERSION_NUMBER;
}
