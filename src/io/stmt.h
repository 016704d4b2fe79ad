/*
 * stmt.h - how a <noun>.sql.def becomes statements: a file defines
 *   #define STMT(name, sql) static const struct stmt stmt_##name = { #name, sql };
 * by including this and then its table. Unused ones are fine: tables are
 * shared by several files of a room.
 */
#ifndef IO_STMT_H
#define IO_STMT_H

#include "io/db.h"

#define STMT(name, sql) UNUSED static const struct stmt stmt_##name = { #name, sql };

#endif
