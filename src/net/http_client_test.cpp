#include "net/http_client.h"

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "net/client.h"
#include "support/scripted_server.h"

namespace sotto::net {
namespace {

using namespace std::chrono_literals;
using Answers = std::vector<Result<ClientAnswer>>;

// A client and its loop, run until what was asked for is answered.
class HttpClientTest : public testing::Test {
 protected:
  // All at once; the answers in the order of the requests.
  Answers ask(std::vector<ClientRequest> requests, ClientLimits limits = {}, OnPiece piece = nullptr) {
    Answers out(requests.size(), fail("test", "no answer"));
    std::size_t missing = requests.size();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      asio::co_spawn(loop.context(), client->send(std::move(requests[i]), limits, piece),
                     [&, i](std::exception_ptr const& failure, Result<ClientAnswer> answer) {
                       if (!failure) out[i] = std::move(answer);
                       if (--missing == 0) loop.stop();
                     });
    }
    run();
    return out;
  }
  Result<ClientAnswer> ask(ClientRequest request, ClientLimits limits = {}, OnPiece piece = nullptr) {
    return ask(std::vector{std::move(request)}, limits, std::move(piece))[0];
  }
  void run() {
    loop.context().restart();
    loop.run();
  }
  static ScriptedServer::Answer always(ScriptedAnswer answer) {
    return [answer](std::string const&) { return answer; };
  }

  Loop loop;
  std::optional<HttpClient> client{std::in_place, loop};
};

constexpr ClientLimits kSoon{.connect = 300ms, .whole = 300ms};

TEST_F(HttpClientTest, ARequestIsSentAsItStandsAndAnswered) {
  std::string seen;
  ScriptedServer server([&](std::string const& request) {
    seen = request;
    return ScriptedServer::whole("created", "201 Created", "X-Id:  7 \r\nX-Id: 8\r\nX-None:\r\n");
  });
  auto const answer = ask({.method = "POST",
                           .url = server.url("/a/../b%2Fc?x=1"),
                           .headers = {{"content-type", "text/plain"}, {"x-empty", ""}},
                           .body = std::string("a\0b", 3)});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "created");
  EXPECT_EQ(answer->broken_off, "");
  EXPECT_EQ(answer->header("x-id").substr(0, 1), "7");
  EXPECT_EQ(answer->header("x-none"), "");
  EXPECT_TRUE(seen.starts_with("POST /a/../b%2Fc?x=1 HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find(fmt::format("Host: 127.0.0.1:{}\r\n", server.port())), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nx-empty:\r\n"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with(std::string("\r\n\r\na\0b", 7))) << seen;
  for (auto const* added : {"Expect", "Accept", "urlencoded"}) EXPECT_EQ(seen.find(added), std::string::npos) << seen;
  EXPECT_EQ(ask({.url = server.url()})->status, 201);
  EXPECT_TRUE(seen.starts_with("GET / HTTP/1.1\r\n")) << seen;
  EXPECT_EQ(ask({.method = "DELETE", .url = server.url()})->status, 201);
  EXPECT_TRUE(seen.starts_with("DELETE / HTTP/1.1\r\n")) << seen;
  EXPECT_EQ(ask({.method = "POST", .url = server.url()})->status, 201);
  EXPECT_NE(seen.find("Content-Length: 0\r\n"), std::string::npos) << seen;
}

TEST_F(HttpClientTest, AStatusIsAnAnswerAndARedirectionIsNotFollowed) {
  ScriptedServer server([](std::string const& request) {
    if (request.starts_with("GET /moved")) return ScriptedServer::whole("", "302 Found", "Location: /other\r\n");
    return ScriptedAnswer{.pieces = {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
                                     "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"}};
  });
  auto const moved = ask({.url = server.url("/moved")});
  EXPECT_EQ(moved->status, 302);
  EXPECT_EQ(moved->header("location"), "/other");
  auto const busy = ask({.url = server.url("/busy")});
  EXPECT_EQ(busy->status, 503);
  EXPECT_EQ(busy->header("retry-after"), "3");
  EXPECT_EQ(busy->header("link"), "");
}

TEST_F(HttpClientTest, ConnectionsAreUsedAgainAlsoWhenOneDiedMeanwhile) {
  std::atomic<bool> close = false;
  ScriptedServer server([&](std::string const&) {
    auto answer = ScriptedServer::whole("x");
    answer.close = close;
    return answer;
  });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask({.url = server.url()})->status, 200);
  EXPECT_EQ(server.connections(), 1);
  for (auto const& answer : ask(std::vector<ClientRequest>(40, {.method = "POST", .url = server.url(), .body = "x"})))
    EXPECT_TRUE(answer && answer->status == 200);
  for (auto const& answer : ask(std::vector<ClientRequest>(40, {.url = server.url()})))
    EXPECT_TRUE(answer && answer->status == 200);
  EXPECT_LE(server.connections(), 40) << "all are kept";
  close = true;
  for (int i = 0; i < 20; ++i) {
    auto const answer = ask({.method = "POST", .url = server.url(), .body = "x"});
    EXPECT_TRUE(answer && answer->status == 200) << (answer ? "" : answer.error().message);
  }
}

TEST_F(HttpClientTest, WhoDoesNotAnswerIsNotWaitedForLongerThanTheDeadline) {
  ScriptedServer silent(always({.silent = true}));
  auto const began = std::chrono::steady_clock::now();
  auto const answer = ask({.url = silent.url("/s3cret")}, kSoon);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  EXPECT_EQ(answer.error().code, "no_answer");
  EXPECT_EQ(answer.error().message, "waiting for the answer took too long");
}

TEST_F(HttpClientTest, TheHeadIsTheAnswerThoughTheRestDoesNotCome) {
  ScriptedAnswer drip{.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"}, .between = 50ms};
  for (int i = 0; i < 100; ++i) drip.pieces.emplace_back("x");
  ScriptedServer dripping(always(drip));
  auto const slow = ask({.url = dripping.url()}, kSoon);
  ASSERT_TRUE(slow);
  EXPECT_EQ(slow->status, 200);
  EXPECT_EQ(slow->broken_off, "the rest of the answer took too long");
  EXPECT_FALSE(slow->body.empty());
  ScriptedServer breaking(always({.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}, .close = true}));
  auto const half = ask({.url = breaking.url()});
  ASSERT_TRUE(half);
  EXPECT_EQ(half->body, "half");
  EXPECT_NE(half->broken_off, "");
}

TEST_F(HttpClientTest, SilenceEndsIt) {
  ScriptedServer stuck(always({.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"}}));
  auto const answer = ask({.url = stuck.url()}, {.whole = 1h, .idle = 200ms});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->broken_off, "the rest of the answer took too long");
}

TEST_F(HttpClientTest, AnAnswerTooLongIsCutAndAPieceAtATimeIsNotKept) {
  ScriptedServer server([](std::string const&) { return ScriptedServer::whole(std::string(5'000'000, 'x')); });
  auto const cut = ask({.url = server.url()}, {.body_bytes = 100'000});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->broken_off, "the answer is longer than 100000 bytes");
  EXPECT_LE(cut->body.size(), 100'000u);
  std::size_t heard = 0;
  auto const all = ask({.url = server.url()}, {.body_bytes = 5'000'000}, [&](ClientAnswer const& head, auto piece) {
    EXPECT_EQ(head.status, 200);
    heard += piece.size();
    return true;
  });
  EXPECT_EQ(all->broken_off, "");
  EXPECT_EQ(all->body, "");
  EXPECT_EQ(heard, 5'000'000u);
  heard = 0;
  auto const enough = ask({.url = server.url()}, {.body_bytes = 5'000'000}, [&](ClientAnswer const&, auto piece) {
    heard += piece.size();
    return heard < 50'000;
  });
  EXPECT_EQ(enough->broken_off, "");
  EXPECT_LT(heard, 500'000u);
}

TEST_F(HttpClientTest, WhoIsNotThereIsToldFromWhoBreaksOff) {
  std::string url;
  {
    ScriptedServer gone(always({}));
    url = gone.url("/s3cret");
  }
  auto const refused = ask({.url = url});
  EXPECT_EQ(refused.error().code, "no_connection");
  EXPECT_EQ(refused.error().message, "connecting: Connection refused");
  ScriptedServer hangs_up(always({.close = true}));
  EXPECT_EQ(ask({.url = hangs_up.url("/s3cret")}).error().code, "no_answer");
  ScriptedServer nonsense(always({.pieces = {"220 smtp\r\n"}, .close = true}));
  auto const other = ask({.url = nonsense.url("/s3cret")});
  EXPECT_EQ(other.error().code, "no_answer");
  EXPECT_EQ(other.error().message.find("s3cret"), std::string::npos);
  auto const unknown = ask({.url = "http://nobody.invalid/s3cret"}, {.whole = 5s});
  EXPECT_EQ(unknown.error().code, "no_connection");
  EXPECT_EQ(unknown.error().message.find("s3cret"), std::string::npos);
}

TEST_F(HttpClientTest, WhatIsNoRequestIsNotSent) {
  ScriptedServer server(always(ScriptedServer::whole("")));
  auto const refused = [&](ClientRequest request) { return ask(std::move(request)).error().code; };
  for (auto const* url : {"", "file:///etc/passwd", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://a b/"})
    EXPECT_EQ(refused({.url = url}), "bad_request") << url;
  for (auto const& header : Headers{{"a", "x\r\nb: y"}, {"a:b", "x"}, {"a\n", "x"}, {"", "x"}, {"a;", ""}})
    EXPECT_EQ(refused({.url = server.url(), .headers = {header}}), "bad_request") << header.first;
  EXPECT_EQ(refused({.method = "GET / HTTP/1.1\r\nx:", .url = server.url()}), "bad_request");
  EXPECT_EQ(server.connections(), 0);
}

// --- the end of a request that is not waited for ---

TEST_F(HttpClientTest, ACancelledRequestHangsUpAndTheOthersGoOn) {
  ScriptedServer server([](std::string const& request) {
    return request.starts_with("GET /silent") ? ScriptedAnswer{.silent = true} : ScriptedServer::whole("x");
  });
  asio::cancellation_signal cancel;
  bool failed = false;
  asio::co_spawn(
      loop.context(), client->send({.url = server.url("/silent")}, {}),
      asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr const& failure, Result<ClientAnswer> const&) {
        failed = failure != nullptr;
        loop.stop();
      }));
  asio::steady_timer timer(loop.context(), 50ms);
  timer.async_wait([&](auto) { cancel.emit(asio::cancellation_type::terminal); });
  run();
  EXPECT_TRUE(failed);
  EXPECT_EQ(ask({.url = server.url("/x")})->status, 200);
  auto const until = std::chrono::steady_clock::now() + 5s;
  while (server.open() > 1 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_LE(server.open(), 1) << "the silent one is closed";
}

TEST(HttpClient, AClientAndItsLoopMayGoWhileRequestsAreUnderWay) {
  ScriptedServer server([](std::string const&) { return ScriptedAnswer{.silent = true}; });
  bool answered = false;
  {
    Loop loop;
    HttpClient client(loop);
    for (int i = 0; i < 5; ++i)
      asio::co_spawn(loop.context(), client.send({.url = server.url()}, {}),
                     [&](std::exception_ptr const&, Result<ClientAnswer> const&) { answered = true; });
    asio::steady_timer timer(loop.context(), 50ms);
    timer.async_wait([&](auto) { loop.stop(); });
    loop.run();
  }
  EXPECT_FALSE(answered);
  EXPECT_EQ(server.connections(), 5);
}

// --- TLS ---

class HttpClientTlsTest : public HttpClientTest {
 protected:
  HttpClientTlsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-tls-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    make("good", "IP:127.0.0.1");
    make("other", "IP:127.0.0.1");
  }
  ~HttpClientTlsTest() override { std::filesystem::remove_all(folder); }
  void make(std::string const& name, std::string const& names) const {
    auto const made = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -addext "
        "subjectAltName={} -out {}.crt -keyout {}.key 2>/dev/null",
        names, path(name), path(name));
    ASSERT_EQ(std::system(made.c_str()), 0) << made;
  }
  std::string path(std::string const& name) const { return (folder / name).string(); }

  std::filesystem::path folder;
};

TEST_F(HttpClientTlsTest, TheCertificateMustBeOfANamedAuthorityAndForTheHost) {
  ScriptedServer server(always(ScriptedServer::whole("x")), path("good.crt"), path("good.key"));
  auto const from = [&](std::string const& host, std::string const& authorities) {
    return ask({.url = server.url("/s3cret", host), .authorities = authorities});
  };
  for (int i = 0; i < 3; ++i) {
    auto const good = from("127.0.0.1", path("good.crt"));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->body, "x");
  }
  EXPECT_EQ(server.connections(), 1) << "kept";
  for (auto const& [host, authorities] :
       std::vector<std::pair<std::string, std::string>>{{"localhost", path("good.crt")},
                                                        {"127.0.0.1", path("other.crt")},
                                                        {"127.0.0.1", ""},
                                                        {"127.0.0.1", path("none.crt")}}) {
    auto const bad = from(host, authorities);
    ASSERT_FALSE(bad) << host << authorities;
    EXPECT_EQ(bad.error().code, "no_connection");
    EXPECT_TRUE(bad.error().message.starts_with("TLS: ")) << bad.error().message;
    EXPECT_EQ(bad.error().message.find("s3cret"), std::string::npos) << bad.error().message;
  }
}

// --- proxies ---

TEST_F(HttpClientTest, AProxyOfTheEnvironmentIsForOthersNotForThisMachine) {
  std::string seen;
  ScriptedServer proxy([&](std::string const& request) {
    seen = request;
    return ScriptedServer::whole("by proxy");
  });
  ScriptedServer own(always(ScriptedServer::whole("own")));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  auto const other = ask({.url = "http://far.invalid/x"});
  auto const here = ask({.url = own.url()});
  ::unsetenv("http_proxy");
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->body, "by proxy");
  EXPECT_TRUE(seen.starts_with("GET http://far.invalid/x HTTP/1.1\r\n")) << seen;
  EXPECT_EQ(here->body, "own");
}

// --- what is not HTTP, and who waits for his answer ---

TEST_F(HttpClientTest, AConnectionForAnotherProtocolIsHandedOver) {
  ScriptedServer server(always({.pieces = {"done"}, .close = true}));
  std::string read;
  loop.spawn("test", [](HttpClient& client, Loop& loop, int port, std::string& read) -> asio::awaitable<void> {
    auto socket = co_await client.connect("127.0.0.1", port, 5s);
    EXPECT_TRUE(socket);
    if (socket) {
      co_await asio::async_write(*socket, asio::buffer("x\r\n\r\n", 5), asio::use_awaitable);
      boost::system::error_code ended;
      co_await asio::async_read(*socket, asio::dynamic_buffer(read), asio::redirect_error(asio::use_awaitable, ended));
    }
    auto const none = co_await client.connect("127.0.0.1", 1, 5s);
    EXPECT_EQ(none.error().message, "connecting: Connection refused");
    auto const bad = co_await client.connect("a b", 1, 5s);
    EXPECT_EQ(bad.error().code, "bad_request");
    loop.stop();
  }(*client, loop, server.port(), read));
  run();
  EXPECT_EQ(read, "done");
}

TEST(BlockingRequest, AnswersOrSaysWhatToDo) {
  int port = 0;
  {
    ScriptedServer server([](std::string const& request) {
      if (request.starts_with("GET /half"))
        return ScriptedAnswer{.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, .close = true};
      return ScriptedServer::whole(request.substr(0, request.find("\r\n")), "404 Not Found");
    });
    port = server.port();
    ServerAddress const address{.host = "127.0.0.1", .port = port, .token = "t"};
    auto const reply = request(address, "POST", "/v1/x", "{}");
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 404);
    EXPECT_EQ(reply->body, "POST /v1/x HTTP/1.1");
    auto const half = request(address, "GET", "/half");
    EXPECT_EQ(half.error().code, "no_server");
    EXPECT_NE(half.error().message.find("broke off"), std::string::npos) << half.error().message;
  }
  auto const none = request({.host = "127.0.0.1", .port = port}, "GET", "/");
  EXPECT_EQ(none.error().code, "no_server");
  EXPECT_NE(none.error().message.find("start one with `sotto serve`"), std::string::npos) << none.error().message;
}

}  // namespace
}  // namespace sotto::net
