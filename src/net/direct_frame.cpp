#include "net/direct_frame.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace sotto::net {

namespace {

// What the kernel may count beside the bytes of a frame: a segment is begun before the buffer is full, never behind.
constexpr std::size_t kSlack = 8 * 1024;

struct Header {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t size = 2;
};

Header header_of(std::size_t payload, bool binary) {
  Header out;
  out.bytes[0] = static_cast<std::uint8_t>(0x80 | (binary ? 2 : 1));  // FIN, opcode
  if (payload < 126) {
    out.bytes[1] = static_cast<std::uint8_t>(payload);
    return out;
  }
  out.bytes[1] = 126;  // two bytes of length follow
  out.bytes[2] = static_cast<std::uint8_t>(payload >> 8);
  out.bytes[3] = static_cast<std::uint8_t>(payload & 0xff);
  out.size = 4;
  return out;
}

bool has_room(int socket, std::size_t size) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t length = sizeof memory;
  if (::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &length) != 0) return false;
  return memory[SK_MEMINFO_WMEM_QUEUED] + 2 * size + kSlack < memory[SK_MEMINFO_SNDBUF];
}

}  // namespace

Sent send_frames(int socket, std::span<Frame const> frames) {
  std::array<Header, kFramesMost> headers;
  std::array<iovec, 2 * kFramesMost> pieces;
  std::size_t size = 0, count = 0;
  for (auto const& frame : frames.first(std::min(frames.size(), kFramesMost))) {
    auto& header = headers[count / 2];
    if (frame.payload.size() > kFrameBytesMost) return Sent::nothing;
    header = header_of(frame.payload.size(), frame.binary);
    pieces[count++] = {header.bytes.data(), header.size};
    pieces[count++] = {const_cast<char*>(frame.payload.data()), frame.payload.size()};  // sendmsg() only reads
    size += header.size + frame.payload.size();
  }
  if (size > 2 * kFrameBytesMost || !has_room(socket, size)) return Sent::nothing;
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  auto const sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent <= 0) return Sent::nothing;
  return static_cast<std::size_t>(sent) == size ? Sent::all : Sent::part;
}

}  // namespace sotto::net
