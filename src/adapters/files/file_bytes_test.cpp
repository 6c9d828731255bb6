#include "adapters/files/file_bytes.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sotto::app {
namespace {

TEST(FileBytes, OnlyFilesAndFoldersAreRead) {
  auto const folder = std::filesystem::path(testing::TempDir()) / "sotto-paths";
  std::filesystem::create_directories(folder);
  std::filesystem::remove(folder / "pipe");
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  std::ofstream(folder / "caf\xe9.yaml") << "a";
  auto const why = [](std::filesystem::path const& path, bool or_folder) {
    auto const good = judge_path(path, or_folder);
    return good ? "" : good.error().message;
  };
  EXPECT_THAT(why("", true), testing::HasSubstr("missing"));
  EXPECT_THAT(why(folder / "none", false), testing::HasSubstr("no such file"));
  EXPECT_THAT(why(folder / "pipe", true), testing::HasSubstr("not a file"));
  EXPECT_THAT(why("/dev/null", false), testing::HasSubstr("not a file"));
  EXPECT_THAT(why(folder, false), testing::HasSubstr("not a file"));
  EXPECT_EQ(why(folder, true), "");
  EXPECT_EQ(why(folder / "caf\xe9.yaml", false), "");
  EXPECT_EQ(read_bytes(folder / "caf\xe9.yaml", 10), "a");
  EXPECT_FALSE(read_bytes(folder / "pipe", 10)) << "does not wait for a writer";
  auto const named = judge_tenant_path(folder / "caf\xe9.yaml");
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().message, testing::HasSubstr("not UTF-8"));
  EXPECT_THAT(shown_path(folder / "caf\xe9.yaml"), testing::EndsWith("caf\\xe9.yaml"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sotto::app
