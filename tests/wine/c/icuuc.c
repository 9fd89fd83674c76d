/* icuuc.dll, which Wine 8 has not: what Qt imports of ICU's converters. There is no converter, and every
 * opening says so (U_FILE_ACCESS_ERROR); Qt then does without. */
#define SAYING_NOTHING(name) __declspec(dllexport) void *name(void) { return 0; }

__declspec(dllexport) void *ucnv_open(const char *name, int *error) {
    (void)name;
    if (error) *error = 4;
    return 0;
}
__declspec(dllexport) const char *ucnv_getName(void *converter, int *error) {
    return ucnv_open(converter, error);
}
__declspec(dllexport) signed char ucnv_getMaxCharSize(void *converter) {
    (void)converter;
    return 1;
}
SAYING_NOTHING(ucnv_close)
SAYING_NOTHING(ucnv_reset)
SAYING_NOTHING(ucnv_getToUCallBack)
SAYING_NOTHING(ucnv_getFromUCallBack)
SAYING_NOTHING(ucnv_setToUCallBack)
SAYING_NOTHING(ucnv_setFromUCallBack)
SAYING_NOTHING(ucnv_cbToUWriteUChars)
SAYING_NOTHING(ucnv_cbFromUWriteUChars)
SAYING_NOTHING(ucnv_toUnicode)
SAYING_NOTHING(ucnv_fromUnicode)
SAYING_NOTHING(ucnv_toUCountPending)
SAYING_NOTHING(ucnv_fromUCountPending)
SAYING_NOTHING(ucnv_getStandardName)
SAYING_NOTHING(ucnv_getAvailableName)
SAYING_NOTHING(ucnv_countAvailable)
SAYING_NOTHING(UCNV_FROM_U_CALLBACK_SUBSTITUTE)
SAYING_NOTHING(UCNV_TO_U_CALLBACK_SUBSTITUTE)
