/* Stands for a libwlroots of another version, by its name alone. */
int lido_test_other_wlroots(void);

int lido_test_other_wlroots(void) {
	return 0;
}
