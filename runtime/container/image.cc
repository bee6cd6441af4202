#include "runtime/container/image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/io.h"
#include "runtime/plan/steps.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

extern "C" const char rt_init_image[];
extern "C" const char rt_init_image_end[];

namespace container {

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHeadSize = sizeof(Elf64_Ehdr) + 8 * sizeof(Elf64_Phdr);

// MFD_EXEC (6.3) is refused by older kernels; without it newer ones may be told to make memfds that
// cannot be executed.
Result<Fd> make_memfd(const char* name, bool executable) {
  unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create(name, flags | (executable ? MFD_EXEC : 0));
  if (fd < 0 && errno == EINVAL && executable) fd = memfd_create(name, flags);
  if (fd < 0) return Error::sys("memfd_create '%s'", name);
  return Fd(fd);
}

Status seal(int fd) {
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
    return Error::sys("seal a memfd");
  }
  return {};
}

// Points the segment at kPlanAddress at what will be written behind the image.
Status patch_headers(char* head, size_t offset, size_t size) {
  auto* header = reinterpret_cast<Elf64_Ehdr*>(head);
  auto* segments = reinterpret_cast<Elf64_Phdr*>(head + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++) {
    if (segments[i].p_type != PT_LOAD || segments[i].p_vaddr != plan::kPlanAddress) continue;
    segments[i].p_offset = offset;
    segments[i].p_filesz = size;
    segments[i].p_memsz = size;
    return {};
  }
  return Error::msg("init's image has no segment for the plan");
}

}  // namespace

Result<Fd> make_init_image(std::string_view plan) {
  size_t image_size = static_cast<size_t>(rt_init_image_end - rt_init_image);
  size_t padding = (kPage - image_size % kPage) % kPage;
  alignas(Elf64_Ehdr) char head[kHeadSize];
  memcpy(head, rt_init_image, sizeof head);
  TRY(patch_headers(head, image_size + padding, plan.size()));
  static constexpr char kZeros[kPage] = {};

  Fd fd = TRY(make_memfd("rt-init", true));
  iovec parts[] = {{head, sizeof head},
                   {const_cast<char*>(rt_init_image) + sizeof head, image_size - sizeof head},
                   {const_cast<char*>(kZeros), padding},
                   {const_cast<char*>(plan.data()), plan.size()}};
  size_t total = image_size + padding + plan.size();
  ssize_t n = writev(fd.get(), parts, 4);
  if (n < 0) return Error::sys("write init's image");
  if (static_cast<size_t>(n) != total)
    return Error::msg("write init's image: %zd of %zu bytes", n, total);
  TRY(seal(fd.get()));
  return fd;
}

Result<Fd> make_sealed_text(const char* name, std::string_view text) {
  Fd fd = TRY(make_memfd(name, false));
  TRY(write_all(fd.get(), text, name));
  if (lseek(fd.get(), 0, SEEK_SET) < 0) return Error::sys("rewind '%s'", name);
  TRY(seal(fd.get()));
  return fd;
}

}  // namespace container
