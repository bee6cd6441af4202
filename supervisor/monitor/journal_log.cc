#include "supervisor/monitor/journal_log.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/unix_address.h"

namespace monitor {

namespace {

// iovec's type; not written to
iovec part(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

Status JournalLog::open(const JournalOptions& options) {
  for (const std::string* value : {&options.id, &options.name, &options.tag}) {
    if (value->find('\n') != std::string::npos)
      return Error::make(Code::Usage, "journal: a newline in a name or tag");
  }
  fields_ = "CONTAINER_ID_FULL=" + options.id + "\nCONTAINER_ID=" + options.id.substr(0, 12) + "\n";
  if (!options.name.empty()) fields_ += "CONTAINER_NAME=" + options.name + "\n";
  if (!options.tag.empty()) fields_ += "CONTAINER_TAG=" + options.tag + "\n";
  fields_ +=
      "SYSLOG_IDENTIFIER=" +
      (options.tag.empty() ? options.name.empty() ? options.id : options.name : options.tag) + "\n";
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error::sys("journal: socket");
  sys::UnixAddress address = TRY(sys::unix_address(options.socket));
  if (connect(fd.get(), address.get(), address.size) < 0)
    return Error::sys("journal: connect to '%s'", options.socket.c_str());
  fd_ = std::move(fd);
  return {};
}

void JournalLog::write(Stream stream, std::string_view data) {
  if (!fd_) return;
  std::string_view priority = stream == Stream::Stdout ? "PRIORITY=6\n" : "PRIORITY=3\n";
  while (!data.empty()) {
    std::string_view text = data.substr(0, LogWriter::kMaxText);
    size_t newline = text.find('\n');
    bool whole = newline != std::string_view::npos;
    if (whole) text = text.substr(0, newline);
    data.remove_prefix(text.size() + (whole ? 1 : 0));
    iovec parts[] = {
        part(fields_),    part(priority), part(whole ? "" : "CONTAINER_PARTIAL_MESSAGE=true\n"),
        part("MESSAGE="), part(text),     part("\n")};
    msghdr entry = {};
    entry.msg_iov = parts;
    entry.msg_iovlen = std::size(parts);
    if (sendmsg(fd_.get(), &entry, MSG_NOSIGNAL) < 0) lost_lines_++;
  }
}

}  // namespace monitor
