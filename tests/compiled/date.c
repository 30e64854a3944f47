// When it was compiled.
//
// gcc -O2 -DWHEN=__DATE__ | fail: no-date-macros
// gcc -O2 -DWHEN="release" | pass: no-date-macros
#include <stdio.h>

int main(void) {
    return puts("built " WHEN);
}
