// Paths as text; nothing here looks at a file system.
#pragma once

#include <string>
#include <string_view>

bool is_absolute(std::string_view path);
// Lexically: no "//", "." or "..", no trailing slash; ".." at the root stays there. "" -> ".".
std::string clean_path(std::string_view path);
// `base`/`path` cleaned, or `path` cleaned when it is absolute.
std::string join_path(std::string_view base, std::string_view path);
// `path` against the working directory; absolute and clean.
std::string absolute_path(std::string_view path);
std::string_view base_name(std::string_view path);
std::string_view dir_name(std::string_view path);  // "/a/b" -> "/a", "a" -> ".", "/a" -> "/"
