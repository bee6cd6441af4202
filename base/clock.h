// What time it is: for deadlines, and for people.
#pragma once

#include <cstdint>
#include <string>

int64_t monotonic_ms();

// "2026-11-24T06:24:15.988057403Z" (RFC 3339, UTC), as containerd's and podman's decoders want it.
// Reads no time zone file.
std::string rfc3339_now();
