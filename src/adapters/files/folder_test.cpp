#include "adapters/files/folder.h"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::app {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
 protected:
  Folder() { fs::create_directories(folder_ / "in"); }
  ~Folder() override { fs::remove_all(folder_); }
  void put(std::string const& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }
  static bool is_article(fs::path const& file) { return file.extension() == ".md"; }
  Listing list() const {
    auto listing = files_below(folder_ / "in", {.wanted = is_article});
    EXPECT_TRUE(listing) << listing.error().message;
    return listing.value_or(Listing{});
  }
  std::vector<std::string> names(std::vector<fs::path> const& files) const {
    std::vector<std::string> out;
    for (auto const& file : files) out.push_back(file.lexically_relative(folder_ / "in").string());
    return out;
  }
  fs::path const folder_ = fs::temp_directory_path() / fmt::format("sotto-folder-{}", ::getpid());
};

TEST_F(Folder, ListsInOrderWhatIsWanted) {
  for (auto const* name : {"in/b.md", "in/a/c.md", "in/a.txt", "in/a.md"}) put(name);
  auto const listing = list();
  EXPECT_THAT(names(listing.files), testing::ElementsAre("a/c.md", "a.md", "b.md"));
  EXPECT_TRUE(listing.skipped.empty());
  EXPECT_TRUE(listing.refused.empty());
}

TEST_F(Folder, HiddenNamesAndWorkFilesAreLeftOutAndNamed) {
  for (auto const* name : {"in/a.md", "in/._a.md", "in/.trash/old.md", "in/a.md~", "in/#a.md#", "in/~$a.md", "in/.x"})
    put(name);
  fs::create_symlink("someone@host.1", folder_ / "in/.#a.md");
  auto const listing = files_below(folder_ / "in").value();
  EXPECT_THAT(names(listing.files), testing::ElementsAre("a.md"));
  EXPECT_THAT(names(listing.skipped),
              testing::UnorderedElementsAre("._a.md", ".trash", "a.md~", "#a.md#", "~$a.md", ".#a.md", ".x"));
  EXPECT_EQ(unread_names(list(), folder_ / "in"),
            "not read, as names that begin with a dot and work files of editors (name~, #name#, ~$name): "
            "#a.md#, .#a.md, ._a.md, .trash, a.md~, ~$a.md");
}

TEST(FolderNames, WhatAPersonTookForAnEnding) {
  for (auto const* name : {"a.call", "C.CALL", "a.call.txt", "b.Call.bak"}) EXPECT_TRUE(seems(name, {".call"})) << name;
  for (auto const* name : {"call", "a.calls", "a.yaml", "acall.txt"}) EXPECT_FALSE(seems(name, {".call"})) << name;
}

TEST_F(Folder, LinksLeadNowhereButWithin) {
  put("in/a.md");
  put("out.md");
  put("out/b.md");
  put("in/..data/mounted.md");  // as Kubernetes mounts its files
  fs::create_symlink("..data/mounted.md", folder_ / "in/mounted.md");
  fs::create_symlink(folder_ / "out.md", folder_ / "in/pay.md");
  fs::create_symlink("../out", folder_ / "in/more");
  fs::create_symlink("none.md", folder_ / "in/lost.md");
  fs::create_symlink("round.md", folder_ / "in/round.md");
  auto const listing = list();
  EXPECT_THAT(names(listing.files), testing::ElementsAre("a.md", "mounted.md"));
  std::vector<std::string> reasons;
  for (auto const& [file, reason] : listing.refused)
    reasons.push_back(fs::path(file).filename().string() + " " + reason);
  EXPECT_THAT(reasons, testing::UnorderedElementsAre(testing::HasSubstr("pay.md is a link that leads out"),
                                                     testing::HasSubstr("more is a link that leads out"),
                                                     testing::HasSubstr("lost.md is a link that leads nowhere"),
                                                     testing::HasSubstr("round.md is a link that leads nowhere")));
}

TEST_F(Folder, NamesThatAreNoTextAreRefusedByTheirBytes) {
  put("in/caf\xe9.md");
  put("in/a\nb.md");
  put("in/d\xffr/c.md");
  auto const listing = list();
  EXPECT_TRUE(listing.files.empty());
  std::vector<std::string> files;
  for (auto const& [file, reason] : listing.refused) files.push_back(file);
  EXPECT_THAT(files, testing::UnorderedElementsAre(testing::EndsWith("caf\\xe9.md"), testing::EndsWith("a\\x0ab.md"),
                                                   testing::EndsWith("d\\xffr")));
}

TEST_F(Folder, OnlyAFolderThatIsNotThereIsEmpty) {
  auto const missing = files_below(folder_ / "none");
  ASSERT_TRUE(missing);
  EXPECT_TRUE(missing->files.empty());
  put("in/a.md");
  auto const file = files_below(folder_ / "in/a.md");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, testing::HasSubstr("a.md: cannot be read: Not a directory"));
  EXPECT_FALSE(files_below(folder_ / std::string(300, 'n')));
}

TEST_F(Folder, FoldersAreTenants) {
  put("in/acme/a.md");
  put("in/.git/x");
  put("in/file");
  fs::create_symlink("/", folder_ / "in/mounted");
  auto const listing = files_below(folder_ / "in", {.wanted = {}, .below = false, .folders = true}).value();
  EXPECT_THAT(names(listing.files), testing::ElementsAre("acme", testing::_));
}

}  // namespace
}  // namespace sotto::app
