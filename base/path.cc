#include "base/path.h"

#include <unistd.h>

#include <climits>
#include <vector>

#include "base/strings.h"

bool is_absolute(std::string_view path) {
  return !path.empty() && path.front() == '/';
}

std::string clean_path(std::string_view path) {
  bool rooted = is_absolute(path);
  std::vector<std::string_view> kept;
  for (std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!kept.empty() && kept.back() != "..") {
        kept.pop_back();
      } else if (!rooted) {
        kept.push_back(part);
      }
      continue;
    }
    kept.push_back(part);
  }
  std::string out = rooted ? "/" : "";
  for (size_t i = 0; i < kept.size(); i++) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  return out.empty() ? "." : out;
}

std::string join_path(std::string_view base, std::string_view path) {
  if (is_absolute(path)) return clean_path(path);
  return clean_path(std::string(base) + "/" + std::string(path));
}

std::string absolute_path(std::string_view path) {
  if (is_absolute(path)) return clean_path(path);
  char cwd[PATH_MAX];
  if (getcwd(cwd, sizeof cwd) == nullptr) return clean_path(path);
  return join_path(cwd, path);
}

std::string_view base_name(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view dir_name(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}
