/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A target takes bytes. libFuzzer makes them up; fuzz-main.c replays those of a corpus. */

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
