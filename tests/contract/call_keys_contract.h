// What every CallKeys must do (ports/call_keys.h). A Fixture gives `keys()`, `reopen()` (as after the process was
// killed), `stored()` (every byte that the keys stand in) and `place_of(id)` (the bytes of `stored()` that hold a key).
#pragma once

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/mutex.h"
#include "ports/call_keys.h"

namespace sotto {

template <typename Fixture>
class CallKeysContract : public testing::Test {
 protected:
  void SetUp() override {
    if constexpr (requires { Fixture::missing(); }) {
      if (auto const why = Fixture::missing(); !why.empty()) GTEST_SKIP() << why;
    }
  }
  CallKeys& keys() { return fixture.keys(); }
  KeyId fresh() {
    auto const id = keys().fresh();
    EXPECT_TRUE(id) << id.error().message;
    return id.value_or(0);
  }
  Key key(KeyId id) {
    auto const found = keys().find(id);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Key{});
  }
  std::string code(KeyId id) {
    auto const found = keys().find(id);
    return found ? "" : found.error().code;
  }
  static std::string text(Key const& key) { return {reinterpret_cast<char const*>(key.data()), key.size()}; }

  Fixture fixture;
};

TYPED_TEST_SUITE_P(CallKeysContract);

TYPED_TEST_P(CallKeysContract, WhatWasGivenIsThereAfterARestart) {
  std::map<KeyId, Key> given;
  for (int i = 0; i < 200; ++i) {
    auto const id = this->fresh();
    EXPECT_TRUE(given.emplace(id, this->key(id)).second) << "given twice";
  }
  std::set<Key> different;
  this->fixture.reopen();
  for (auto const& [id, key] : given) {
    EXPECT_EQ(this->key(id), key);
    different.insert(key);
  }
  EXPECT_EQ(different.size(), given.size());
}

TYPED_TEST_P(CallKeysContract, WhatWasDestroyedIsGoneAndTheOthersStand) {
  auto const one = this->fresh(), other = this->fresh();
  auto const kept = this->key(other);
  ASSERT_TRUE(this->keys().destroy(one));
  for (int after_restart = 0; after_restart < 2; ++after_restart) {
    EXPECT_EQ(this->code(one), "no_such_key");
    EXPECT_EQ(this->key(other), kept);
    EXPECT_TRUE(this->keys().destroy(one)) << "again is a success";
    this->fixture.reopen();
  }
}

TYPED_TEST_P(CallKeysContract, WhatWasDestroyedStandsNowhere) {
  std::vector<std::string> gone, kept;
  std::vector<KeyId> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(this->fresh());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto& to = i % 2 == 0 ? gone : kept;
    to.push_back(this->fixture.place_of(ids[i]));
    EXPECT_EQ(this->fixture.stored().find(this->text(this->key(ids[i]))), std::string::npos) << "in the clear";
  }
  for (auto const& place : gone) ASSERT_NE(this->fixture.stored().find(place), std::string::npos);
  for (std::size_t i = 0; i < ids.size(); i += 2) ASSERT_TRUE(this->keys().destroy(ids[i]));
  auto const stored = this->fixture.stored();
  // Of the place, no eight bytes either: a part of a key is a part too much.
  for (auto const& place : gone) {
    for (std::size_t at = 0; at + 8 <= place.size(); at += 8)
      EXPECT_EQ(stored.find(place.substr(at, 8)), std::string::npos) << "byte " << at;
  }
  for (auto const& place : kept) EXPECT_NE(stored.find(place), std::string::npos);
}

TYPED_TEST_P(CallKeysContract, NoIdIsGivenTwice) {
  std::set<KeyId> given;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 70; ++i) {
      auto const id = this->fresh();
      EXPECT_GT(id, 0);
      EXPECT_TRUE(given.insert(id).second) << "given twice";
      if (i % 3 != 0) ASSERT_TRUE(this->keys().destroy(id));
    }
    this->fixture.reopen();
  }
  for (auto const id : *this->keys().all()) ASSERT_TRUE(this->keys().destroy(id));
  this->fixture.reopen();
  EXPECT_TRUE(this->keys().all()->empty());
  EXPECT_FALSE(given.contains(this->fresh()));
}

TYPED_TEST_P(CallKeysContract, AllAreThoseThatStand) {
  std::set<KeyId> standing;
  for (int i = 0; i < 10; ++i) standing.insert(this->fresh());
  auto const one = *standing.begin();
  ASSERT_TRUE(this->keys().destroy(one));
  standing.erase(one);
  auto all = this->keys().all();
  ASSERT_TRUE(all);
  EXPECT_EQ(std::set<KeyId>(all->begin(), all->end()), standing);
  // After a kill there may be more that nobody was given, never fewer.
  this->fixture.reopen();
  all = this->keys().all();
  ASSERT_TRUE(all);
  EXPECT_FALSE(std::ranges::count(*all, one) > 0);
  for (auto const id : standing) EXPECT_TRUE(std::ranges::count(*all, id) == 1);
  for (auto const id : *all) this->key(id);
}

TYPED_TEST_P(CallKeysContract, WhatWasNeverGivenIsNotFound) {
  auto const id = this->fresh();
  for (KeyId const other : {KeyId{0}, KeyId{-1}, id + (KeyId{1} << 40), std::numeric_limits<KeyId>::max()}) {
    EXPECT_EQ(this->code(other), "no_such_key") << other;
    EXPECT_TRUE(this->keys().destroy(other)) << other;
  }
  this->key(id);
}

TYPED_TEST_P(CallKeysContract, ManyMayAskAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  Mutex mutex;
  std::set<KeyId> kept;
  for (int which = 0; which < 4; ++which) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        auto const id = this->keys().fresh();
        auto const key = this->keys().find(id.value_or(0));
        bool const drop = i % 2 == 0;
        if (drop && !this->keys().destroy(id.value_or(0))) ++wrong;
        auto const again = this->keys().find(id.value_or(0));
        if (!id || !key || again.has_value() == drop || (again && *again != *key)) ++wrong;
        Lock const hold(mutex);
        if (!drop && !kept.insert(*id).second) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  auto const all = this->keys().all();
  EXPECT_EQ(std::set<KeyId>(all->begin(), all->end()), kept);
}

REGISTER_TYPED_TEST_SUITE_P(CallKeysContract, WhatWasGivenIsThereAfterARestart, WhatWasDestroyedIsGoneAndTheOthersStand,
                            WhatWasDestroyedStandsNowhere, NoIdIsGivenTwice, AllAreThoseThatStand,
                            WhatWasNeverGivenIsNotFound, ManyMayAskAtOnce);

}  // namespace sotto
