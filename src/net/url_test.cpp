#include "net/url.h"

#include <gtest/gtest.h>

#include "net/request_head.h"
#include "net/server_address.h"

namespace sotto::net {

TEST(Url, AHostThatBeginsWithAnAddressKeepsTheRestOrIsRefused) {
  for (std::string const host :
       {"127.0.0.1.evil.com", "10.0.0.5.nip.io:8443", "127.0.0.1.evil.com:8080", "1.2.3.4.5"}) {
    if (auto const url = parse_url("http://" + host + "/x"))
      EXPECT_EQ(std::string(url->encoded_host_and_port().data(), url->encoded_host_and_port().size()), host);
    auto const web = parse_web_url("http://" + host + "/x");
    EXPECT_TRUE(!web || web->host == host.substr(0, host.find(':'))) << host;
    auto const socket = parse_socket_url("ws://" + host + "/v1");
    EXPECT_TRUE(!socket || socket->first.host == host.substr(0, host.find(':'))) << host;
  }
}

TEST(Url, ASegmentOfAPathStaysOneWhateverItHolds) {
  for (std::string const id :
       {"Billing & Returns", "arn:aws:connect:eu:1:instance/a-b/contact/c", "x%41y", "a?b=c#d", "..", "caf\xc3\xa9"}) {
    auto const target = parse_target(path_of({"v1", "calls", id, "events"}));
    ASSERT_TRUE(target) << id;
    EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "calls", id, "events"}));
    EXPECT_TRUE(target->query.empty());
  }
  EXPECT_EQ(path_of({"v1", "calls"}), "/v1/calls");
  EXPECT_EQ(path_of({"a/b", "..", "~-_.x"}), "/a%2Fb/%2E%2E/~-_.x");
}

TEST(Url, ParametersAreReadAsTheyWereWritten) {
  std::vector<std::pair<std::string, std::string>> const some{{"a", "1+1 = 2&3"}, {"b", ""}, {"c d", "caf\xc3\xa9"}};
  EXPECT_EQ(parse_parameters(query_of(some)), some);
  EXPECT_EQ(parse_parameters("&a=x+y&&b&"),
            (std::vector<std::pair<std::string, std::string>>{{"a", "x y"}, {"b", ""}}));
  for (auto const* bad : {"a=%", "%ff=1", "a=%2"}) EXPECT_FALSE(parse_parameters(bad)) << bad;
}

TEST(Url, UsualAddressesAreRead) {
  auto const web = parse_web_url("https://hooks.example.org:8443/in?x=1");
  ASSERT_TRUE(web);
  EXPECT_TRUE(web->tls);
  EXPECT_EQ(web->host, "hooks.example.org");
  EXPECT_EQ(web->port, 8443);
  EXPECT_EQ(to_text(*web), "https://hooks.example.org:8443");
  EXPECT_EQ(to_text(*parse_web_url("https://hooks.example.org/in")), "https://hooks.example.org");
  EXPECT_EQ(to_text(*parse_web_url("http://[::1]:8080/in")), "http://[::1]:8080");
  EXPECT_EQ(parse_web_url("http://127.0.0.1/")->host, "127.0.0.1");
  for (auto const* bad : {"ftp://h/", "https://u:p@h/", "https://h/#x", "https:///x", "http://h:0/", "h/x", ""})
    EXPECT_EQ(parse_web_url(bad).error().code, "bad_server") << bad;
  EXPECT_EQ(parse_socket_url("wss://[::1]:9000/v1/listen")->first.host, "::1");
  EXPECT_EQ(parse_socket_url("ws://stt.example.org")->second, "/");
}

TEST(ParseListen, NamesWhatIsWrong) {
  EXPECT_EQ(parse_listen("127.0.0.1:8700")->second, 8700);
  EXPECT_EQ(parse_listen("[::1]:0")->first, "::1");
  for (auto const* text : {"", "8700", ":8700", "host:", "host:70000", "host:12x"}) {
    EXPECT_EQ(parse_listen(text).error().code, "bad_listen") << text;
  }
}

}  // namespace sotto::net
