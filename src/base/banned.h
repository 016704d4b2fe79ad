/*
 * banned.h - functions that do not compile in this house.
 *
 * Unbounded copies, numbers parsed without an error, hidden static state,
 * local time, and randomness that can be guessed. Each name is a macro that
 * leads to one nobody has defined, which says what to use instead. base.h
 * includes this last; a system header that comes later only declares those
 * names, which harms nobody.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#define BANNED(name, instead) banned_##name##__use_##instead

#undef sprintf
#undef vsprintf
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef strtok
#undef atoi
#undef atol
#undef atof
#undef gets
#undef rand
#undef srand
#undef random
#undef localtime
#undef gmtime
#undef ctime
#undef asctime
#undef mktime
#undef alloca
#define sprintf(...)    BANNED(sprintf, buf)
#define vsprintf(...)   BANNED(vsprintf, buf)
#define strcpy(...)     BANNED(strcpy, str)
#define strcat(...)     BANNED(strcat, buf)
#define strncpy(...)    BANNED(strncpy, str)
#define strncat(...)    BANNED(strncat, buf)
#define strtok(...)     BANNED(strtok, str)
#define atoi(...)       BANNED(atoi, str_to_i64)
#define atol(...)       BANNED(atol, str_to_i64)
#define atof(...)       BANNED(atof, integers)
#define gets(...)       BANNED(gets, fgets)
#define rand(...)       BANNED(rand, random_bytes)
#define srand(...)      BANNED(srand, random_bytes)
#define random(...)     BANNED(random, random_bytes)
#define localtime(...)  BANNED(localtime, utc)
#define gmtime(...)     BANNED(gmtime, gmtime_r)
#define ctime(...)      BANNED(ctime, clock_rfc3339)
#define asctime(...)    BANNED(asctime, clock_rfc3339)
#define mktime(...)     BANNED(mktime, timegm)
#define alloca(...)     BANNED(alloca, arena)

#endif
