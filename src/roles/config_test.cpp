#include "roles/config.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/check.h"
#include "support/settings_table.h"

namespace sotto::app {

namespace {

class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sotto-config-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()));
    folder_ = pattern;
  }
  ~ConfigFile() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path file() const { return folder_ / "sotto.yaml"; }
  Result<Config> load(std::string const& text) {
    std::ofstream(file()) << text;
    Config config;
    auto const loaded = load_config(file(), config);
    return loaded ? Result<Config>(config) : std::unexpected(loaded.error());
  }
  // What is wrong, without the file's name.
  std::string problem(std::string const& text) {
    auto const loaded = load(text);
    if (loaded) return "";
    EXPECT_EQ(loaded.error().code, "bad_config");
    EXPECT_TRUE(loaded.error().message.starts_with(file().string() + ":")) << loaded.error().message;
    return loaded.error().message.substr(file().string().size() + 1);
  }
  std::filesystem::path folder_;
};

}  // namespace

// SOTTO_SCHEMAS_WRITE=1 writes it anew.
TEST(Settings, TheirTableIsInTheDocs) {
  auto const file = std::string(SOTTO_SOURCE_DIR) + "/docs/settings.md";
  auto const text = settings_table<Config>();
  if (std::getenv("SOTTO_SCHEMAS_WRITE")) std::ofstream(file) << text;
  std::ostringstream stands;
  stands << std::ifstream(file).rdbuf();
  EXPECT_EQ(stands.str(), text) << "docs/settings.md is not what the sections say: run with SOTTO_SCHEMAS_WRITE=1";
}

TEST_F(ConfigFile, TheMasterKeyHasOnePlace) {
  EXPECT_EQ(load("keys: { command: [vault, get, key] }\n")->keys.command.size(), 3u);
  EXPECT_EQ(load("keys: { file: /etc/sotto/master.key }\n")->keys.file, "/etc/sotto/master.key");
  EXPECT_EQ(problem("log_level: info\nkeys: { file: a, command: [b] }\n"), "2: keys: command or file, not both");
  EXPECT_TRUE(problem("keys:\n  flie: a\n").starts_with("2: keys: unknown key \"flie\""));
  EXPECT_EQ(problem("keys:\n"), "1: \"keys\" has no value");
  EXPECT_NE(problem("keys:\n  command: vault\n").find("2: keys: \"command\" has a value of the wrong type"),
            std::string::npos);
}

TEST_F(ConfigFile, TheArgumentsOfAKeyCommandAreNotPrinted) {
  auto const printed = print_config(*load("keys: { command: [vault, s.canary] }\n"));
  EXPECT_NE(printed.find("keys: {command: [\"(set)\", \"(set)\"]}"), std::string::npos) << printed;
  EXPECT_EQ(printed.find("canary"), std::string::npos);
}

TEST_F(ConfigFile, EveryProblemIsToldWithItsLine) {
  EXPECT_EQ(problem("listen: 127.0.0.1:1\nliston: 1\nrecogniser_threads: many\nasr_streams: 0\nlog_level: loud\n"
                    "webhooks:\n  crm: { url: 'ftp://x/' }\nmasked: [ { kinds: [ibn] } ]\nrole:\ndata: [a]\n"),
            std::string("2: unknown setting \"liston\"\n") + file().string() +
                ":3: \"recogniser_threads\" has a value of the wrong type (recognition threads; 0: one a core)\n" +
                file().string() + ":4: asr_streams must be 1 to 10000\n" + file().string() +
                ":5: log_level must be one of debug, info, warn, error; \"loud\" is none\n" + file().string() +
                ":7: webhook crm: url must be https://HOST/PATH, without a user and a #fragment\n" + file().string() +
                ":8: masked: kinds: there is no \"ibn\"; known: account, iban, identity\n" + file().string() +
                ":9: \"role\" has no value\n" + file().string() +
                ":10: \"data\" has a value of the wrong type (folder of the store)");
}

// Whatever is printed can be read again and says the same, but for what is hidden.
TEST_F(ConfigFile, WhatIsPrintedIsReadAgain) {
  auto const config = load(R"(
listen: 127.0.0.1:1234
allowed_hosts: [calls.example.org, 'a "quoted" \ name']
data: "with: colon # and mark"
region: eu
recognisers:
  - { name: pool, url: 'ws://10.0.0.5:8701/v1/listen', region: eu, pace: 2.5, keyterms: [a, b], endpointing_ms: 300 }
  - { name: other, url: 'ws://10.0.0.6:8701/v1/listen', parameters: { x: '1' } }
chains: [ { tenant: acme, use: [pool, local] }, { use: [local] } ]
webhooks: { crm: { url: 'https://crm.example.com', secret_env: S, tenants: [bank], words: true } }
masked: [ { tenant: acme, kinds: [iban] } ]
tokens: [ { token_env: T, tenant: acme, roles: [agent, auditor] } ]
attention_budget: false
recogniser_threads: 3
)");
  ASSERT_TRUE(config) << config.error().message;
  auto const printed = print_config(*config);
  auto const again = load(printed);
  ASSERT_TRUE(again) << again.error().message << "\n" << printed;
  EXPECT_EQ(print_config(*again), printed);
  EXPECT_EQ(again->allowed_hosts, config->allowed_hosts);
  EXPECT_EQ(again->data, config->data);
  EXPECT_EQ(again->recognisers[1].parameters, config->recognisers[1].parameters);
  EXPECT_EQ(again->recognisers[0].endpointing_ms, 300);
  EXPECT_EQ(again->recognisers[0].pace, 2.5);
  EXPECT_EQ(again->chains[0].use, config->chains[0].use);
  EXPECT_TRUE(again->webhooks[0].words);
  EXPECT_EQ(again->webhooks[0].url, "https://crm.example.com/...");
  EXPECT_EQ(again->tokens[0].roles, config->tokens[0].roles);
  EXPECT_TRUE(again->masked.of("acme").iban && !again->masked.of("acme").account);
}

TEST_F(ConfigFile, TheDefaultsAreGoodAndPrinted) {
  auto const printed = print_config({});
  EXPECT_TRUE(load(printed)) << printed;
  EXPECT_EQ(print_config(*load(printed)), printed);
  EXPECT_TRUE(check_config({}));
  Config config;
  config.recogniser_threads = 1000;  // from the command line
  EXPECT_EQ(check_config(config).error().message, "recogniser_threads must be 0 to 256");
}

}  // namespace sotto::app
