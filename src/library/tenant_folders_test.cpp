#include "library/tenant_folders.h"

#include <unistd.h>

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sotto::app {
namespace {

namespace fs = std::filesystem;

class TenantFoldersAround : public testing::Test {
 protected:
  ~TenantFoldersAround() override { fs::remove_all(root_); }
  void put(std::string const& name) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << "";
  }
  fs::path const root_ = fs::temp_directory_path() / fmt::format("sotto-around-{}", ::getpid());
};

TEST_F(TenantFoldersAround, FindsWhatStandsBeside) {
  for (auto const* name : {"c/policies/acme/a.yaml", "c/policies/acme/sales/ada/b.yaml", "c/policies/acme/tests/x.call",
                           "c/knowledge/acme/a.md"})
    put(name);
  for (auto const* path : {"c/policies/acme", "c/policies/acme/", "c/policies/acme/tests/x.call",
                           "c/policies/acme/sales/ada", "c/policies/acme/a.yaml"}) {
    auto const around = folders_around(root_ / path);
    EXPECT_EQ(around.policies, root_ / "c/policies") << path;
    EXPECT_EQ(around.knowledge, root_ / "c/knowledge") << path;
    EXPECT_EQ(around.tenant, "acme") << path;
  }
  EXPECT_EQ(folders_around(root_ / "c/policies").policies, root_ / "c/policies");
  EXPECT_TRUE(folders_around(root_ / "c/policies").tenant.empty());
}

TEST_F(TenantFoldersAround, ATenantElsewhereNeedsNoCertainName) {
  put("rules/acme/a.yaml");
  put("rules/acme/tests/x.call");
  put("loose/x.call");
  auto const around = folders_around(root_ / "rules/acme/tests/x.call");
  EXPECT_EQ(around.policies, root_ / "rules");
  EXPECT_EQ(around.tenant, "acme");
  EXPECT_TRUE(around.knowledge.empty());
  EXPECT_TRUE(folders_around(root_ / "loose/x.call").policies.empty());
}

}  // namespace
}  // namespace sotto::app
