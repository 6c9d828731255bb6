// fan-out: a client of many sockets that takes little of the machine: one thread, epoll, frames looked at as bytes.
// Usage: bench_fan_out PORT SOCKETS CALL...
// Whoever is measured serves Sotto's addresses at 127.0.0.1:PORT: a ticket by POST /v1/tickets, a WebSocket at
// /v1/subscribe that begins with the ticket and is answered, POST /v1/calls/{call}/checklist/told, which tells all
// sockets of the call the reason it was given. The sockets are shared out over the calls; a round is one such POST for
// each call, and is over when every socket was told of it.
//   burst   as many rounds as make 300,000 deliveries, eight under way at a time
//   paced   200 rounds, five a second; each takes from its first POST until the last socket was told
// Prints one JSON object. bench/fan_out.py runs it against Sotto and against a peer.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"

using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kBurst = 300'000, kUnderWay = 8, kWarming = 16, kPaced = 200;
constexpr auto kPeriod = std::chrono::milliseconds(200);  // of the paced rounds
constexpr auto kPatience = std::chrono::seconds(20);      // without a delivery
constexpr std::string_view kDelta = R"({"type":"delta")", kMark = R"("reason":"round )";

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

// --- bytes ---

int open_tcp(int port) {
  int const tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(tcp >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(tcp, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0);
  int const on = 1;
  CHECK(::setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  return tcp;
}

void send_all(int tcp, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const sent = ::send(tcp, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    CHECK(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// Waits for bytes; adds them.
void receive(int tcp, std::string& buffer) {
  char piece[4096];
  auto const count = ::recv(tcp, piece, sizeof piece, 0);
  CHECK(count > 0);
  buffer.append(piece, static_cast<std::size_t>(count));
}

// Of a client: masked, with a mask of zeros.
std::string frame(int opcode, std::string_view payload) {
  std::string out(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out.append(4, '\0').append(payload);
}

// Calls visit(opcode, payload) for each whole frame of a server; how many bytes they took.
template <typename Visit>
std::size_t visit_frames(std::string_view bytes, Visit const& visit) {
  std::size_t at = 0;
  for (;;) {
    auto const left = bytes.substr(at);
    if (left.size() < 2) return at;
    auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(left[i]); };
    std::size_t head = 2, size = byte(1) & 0x7f;
    if (size >= 126) {
      head = size == 126 ? 4 : 10;
      if (left.size() < head) return at;
      size = 0;
      for (std::size_t i = 2; i < head; ++i) size = (size << 8) | byte(i);
    }
    if (left.size() < head + size) return at;
    CHECK(byte(0) & 0x80);  // one message, one frame
    visit(byte(0) & 0x0f, left.substr(head, size));
    at += head + size;
  }
}

// --- HTTP over one connection ---

class Link {
 public:
  explicit Link(int port) : tcp_(open_tcp(port)), port_(port) {}
  ~Link() { ::close(tcp_); }
  Link(Link const&) = delete;
  Link& operator=(Link const&) = delete;

  int tcp() const { return tcp_; }
  void post(std::string_view path, std::string_view body) {
    send_all(tcp_, fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
                               "Content-Length: {}\r\n\r\n{}",
                               path, port_, body.size(), body));
  }
  // The body of the next answer.
  std::string answer() {
    std::string body;
    while (!take(body)) receive(tcp_, buffer_);
    return body;
  }
  // Something came: answers are read and let go of.
  void on_readable() {
    receive(tcp_, buffer_);
    for (std::string body; take(body);) continue;
  }

 private:
  // False: none is whole yet.
  bool take(std::string& body) {
    auto const end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    std::string head = buffer_.substr(0, end + 2);
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!head.starts_with("http/1.1 20")) {
      fmt::print(stderr, "refused: {}\n", buffer_);
      CHECK(false);
    }
    constexpr std::string_view kLength = "content-length: ";
    auto const at = head.find(kLength);
    CHECK(at != std::string::npos);
    std::size_t size = 0;
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), size);
    if (buffer_.size() < end + 4 + size) return false;
    body = buffer_.substr(end + 4, size);
    buffer_.erase(0, end + 4 + size);
    return true;
  }

  int const tcp_, port_;
  std::string buffer_;
};

// --- the sockets ---

struct Socket {
  int tcp = -1;
  std::string rest = {};  // of a frame that is not whole yet
};

Socket subscribe(int port, Link& link, std::string const& call) {
  link.post("/v1/tickets", fmt::format(R"({{"call":"{}"}})", call));
  auto const body = link.answer();
  constexpr std::string_view kTicket = R"("ticket":")";
  auto const at = body.find(kTicket) + kTicket.size();
  auto const ticket = body.substr(at, body.find('"', at) - at);
  Socket out{.tcp = open_tcp(port)};
  send_all(out.tcp, fmt::format("GET /v1/subscribe HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                "Sec-WebSocket-Version: 13\r\n\r\n",
                                port));
  auto end = std::string::npos;
  while ((end = out.rest.find("\r\n\r\n")) == std::string::npos) receive(out.tcp, out.rest);
  CHECK(out.rest.starts_with("HTTP/1.1 101"));
  out.rest.erase(0, end + 4);
  send_all(out.tcp, frame(1, fmt::format(R"({{"type":"subscribe","ticket":"{}"}})", ticket)));
  bool told = false;
  while (!told) {
    receive(out.tcp, out.rest);
    out.rest.erase(0, visit_frames(out.rest, [&](int opcode, std::string_view) { told = told || opcode == 1; }));
  }
  return out;
}

// --- rounds ---

class Client {
 public:
  Client(int port, std::size_t sockets, std::vector<std::string> calls)
      : calls_(std::move(calls)), epoll_(::epoll_create1(EPOLL_CLOEXEC)), read_(256 * 1024) {
    CHECK(epoll_ >= 0);
    Link tickets(port);
    for (std::size_t i = 0; i < sockets; ++i) {
      sockets_.push_back(subscribe(port, tickets, calls_[i % calls_.size()]));
      watch(sockets_.back().tcp, i);
      if (i % 256 == 0) read(Clock::duration::zero());  // a ping is not left without its pong
    }
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      links_.push_back(std::make_unique<Link>(port));
      watch(links_.back()->tcp(), sockets_.size() + i);
    }
  }
  ~Client() {
    for (auto const& socket : sockets_) ::close(socket.tcp);
    ::close(epoll_);
  }
  Client(Client const&) = delete;
  Client& operator=(Client const&) = delete;

  // So many rounds, kUnderWay at a time: how long they took.
  double burst(std::size_t rounds) {
    auto const from = delivered_ = Clock::now();
    auto const until = rounds_.size() + rounds;
    while (whole_ < until) {
      while (rounds_.size() < until && rounds_.size() < whole_ + kUnderWay) begin_round();
      read(std::chrono::seconds(1));
      if (Clock::now() - delivered_ > kPatience) break;
    }
    return seconds(Clock::now() - from);
  }
  // One each kPeriod; how long each took in ms, of those that came to an end.
  std::vector<double> paced(std::size_t rounds) {
    auto const first = rounds_.size();
    auto const from = delivered_ = Clock::now();
    for (std::size_t i = 0; i < rounds; ++i) {
      auto const due = from + kPeriod * static_cast<std::int64_t>(i);
      while (Clock::now() < due) read(due - Clock::now());
      begin_round();
    }
    while (whole_ < rounds_.size() && Clock::now() - delivered_ < kPatience) read(std::chrono::seconds(1));
    std::vector<double> out;
    for (auto at = first; at < rounds_.size(); ++at)
      if (rounds_[at].told == sockets_.size()) out.push_back(1000 * seconds(rounds_[at].ended - rounds_[at].began));
    return out;
  }
  // Deliveries that did not come.
  std::size_t missing() const {
    std::size_t out = 0;
    for (auto const& round : rounds_) out += sockets_.size() - round.told;
    return out;
  }

 private:
  struct Round {
    Clock::time_point began, ended;
    std::size_t told = 0;
  };

  void watch(int tcp, std::size_t which) const {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = which}};
    CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, tcp, &event) == 0);
  }

  // Ticks and takes back in turns: a tick of what is ticked tells nobody.
  void begin_round() {
    auto const number = rounds_.size();
    rounds_.push_back({.began = Clock::now(), .ended = {}});
    auto const body = fmt::format(R"({{"ticked":{},"reason":"round {:05}"}})", number % 2 == 0, number);
    for (std::size_t i = 0; i < calls_.size(); ++i)
      links_[i]->post(fmt::format("/v1/calls/{}/checklist/told", calls_[i]), body);
  }

  // What comes first within that time.
  void read(Clock::duration patience) {
    epoll_event events[512];
    auto const ms = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    auto const count = ::epoll_wait(epoll_, events, 512, std::max(0, static_cast<int>(ms)));
    for (int i = 0; i < count; ++i) {
      auto const which = events[i].data.u64;
      if (which < sockets_.size()) read(sockets_[which]);
      else links_[which - sockets_.size()]->on_readable();
    }
  }

  void read(Socket& socket) {
    auto const count = ::recv(socket.tcp, read_.data(), read_.size(), 0);
    CHECK(count > 0);
    std::string_view bytes(read_.data(), static_cast<std::size_t>(count));
    if (!socket.rest.empty()) bytes = socket.rest.append(bytes);
    auto const taken =
        visit_frames(bytes, [&](int opcode, std::string_view payload) { on_frame(socket, opcode, payload); });
    socket.rest = std::string(bytes.substr(taken));
  }

  void on_frame(Socket const& socket, int opcode, std::string_view payload) {
    if (opcode == 9) return send_all(socket.tcp, frame(10, payload));
    CHECK(opcode == 1);
    if (!payload.starts_with(kDelta)) return;  // a beat
    auto const mark = payload.find(kMark);
    if (mark == std::string_view::npos) return;
    std::size_t number = 0;
    auto const* const digits = payload.data() + mark + kMark.size();
    std::from_chars(digits, payload.data() + payload.size(), number);
    CHECK(number < rounds_.size());
    auto& round = rounds_[number];
    delivered_ = Clock::now();
    if (++round.told == sockets_.size()) round.ended = delivered_;
    while (whole_ < rounds_.size() && rounds_[whole_].told == sockets_.size()) ++whole_;
  }

  std::vector<std::string> const calls_;
  int const epoll_;
  std::vector<char> read_;
  std::vector<std::unique_ptr<Link>> links_;  // one a call
  std::vector<Socket> sockets_;
  std::vector<Round> rounds_;
  std::size_t whole_ = 0;        // rounds that are over, without a hole
  Clock::time_point delivered_;  // when anything came last
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto const of = [](timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

void allow_sockets(std::size_t sockets) {
  rlimit files{};
  CHECK(::getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max;
  CHECK(::setrlimit(RLIMIT_NOFILE, &files) == 0);
  if (files.rlim_max >= sockets + 100) return;
  fmt::print(stderr, "{} sockets need more files than this machine lets a process open ({})\n", sockets,
             files.rlim_max);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  auto const sockets = static_cast<std::size_t>(std::stoul(argv[2]));
  allow_sockets(sockets);
  Client client(std::stoi(argv[1]), sockets, std::vector<std::string>(argv + 3, argv + argc));
  client.burst(kWarming);
  auto const rounds = kBurst / sockets / 2 * 2;  // what was ticked is taken back at the end
  auto const used = cpu_seconds();
  auto const took = client.burst(rounds);
  auto const cpu = (cpu_seconds() - used) / took;
  auto const deliveries = rounds * sockets - client.missing();
  auto const paced = client.paced(kPaced);
  fmt::print(R"({{"deliveries":{},"per_s":{:.0f},"client_cpu":{:.2f},"missing":{},"round_ms":[{:.3f}]}})"
             "\n",
             deliveries, static_cast<double>(deliveries) / took, cpu, client.missing(), fmt::join(paced, ","));
}
