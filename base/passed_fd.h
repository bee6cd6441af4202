// unix(7), SCM_RIGHTS: a packet that a descriptor may come with.
#pragma once

#include <sys/socket.h>

#include <cstring>
#include <span>

#include "base/fd.h"

struct Received {
  ssize_t size;  // as of recvmsg: -1 with errno, 0 at the end
  int flags;     // MSG_TRUNC: longer than `parts`; MSG_CTRUNC: more descriptors, which are closed
  Fd file;       // close-on-exec; none if none came
};

// One call of recvmsg into `parts`, with room for one descriptor.
inline Received receive_with_fd(int socket_fd, std::span<iovec> parts) {
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))];
  msghdr message = {};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = room;
  message.msg_controllen = sizeof room;
  Received out = {};
  out.size = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
  if (out.size < 0) return out;
  out.flags = message.msg_flags;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int))) {
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    out.file.reset(fd);
  }
  return out;
}
