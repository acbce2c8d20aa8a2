/*
 * Poses as libwlroots of another version, by its file name alone.
 */
int lido_test_other_wlroots(void);

int lido_test_other_wlroots(void) {
	return 0;
}
