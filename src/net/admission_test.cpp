#include "net/admission.h"

#include <gtest/gtest.h>

#include <vector>

namespace sotto::net {

struct AdmissionTest : testing::Test {
  Admission admission{{.strangers = 3, .idle = 2, .all = 6}};
  std::vector<Admission::Id> left;

  bool come(Admission::Id id) {
    return admission.admit(id, [this, id] { left.push_back(id); });
  }
};

TEST_F(AdmissionTest, TheOldestStrangerGoesFirst) {
  for (Admission::Id id = 1; id <= 5; ++id) EXPECT_TRUE(come(id));
  EXPECT_EQ(left, (std::vector<Admission::Id>{1, 2}));
  EXPECT_EQ(admission.strangers(), 3u);
}

TEST_F(AdmissionTest, AThousandStrangersTouchNobodyWhoHasShownAToken) {
  EXPECT_TRUE(come(1));
  admission.prove(1);
  for (Admission::Id id = 10; id < 1010; ++id) EXPECT_TRUE(come(id));
  EXPECT_EQ(std::ranges::count(left, 1u), 0);
  EXPECT_EQ(admission.size(), 4u);
}

TEST_F(AdmissionTest, IdleOnesAreBoundedAndBusyOnesStay) {
  for (Admission::Id id = 1; id <= 3; ++id) {
    EXPECT_TRUE(come(id));
    admission.prove(id);
    admission.rest(id);
  }
  EXPECT_EQ(left, std::vector<Admission::Id>{1});
  admission.work(2);
  EXPECT_TRUE(come(4));
  admission.prove(4);
  admission.rest(4);
  EXPECT_EQ(left, std::vector<Admission::Id>{1});
}

TEST_F(AdmissionTest, WhereAllAreBusyTheNewcomerIsRefused) {
  for (Admission::Id id = 1; id <= 6; ++id) {
    EXPECT_TRUE(come(id));
    admission.prove(id);
  }
  EXPECT_FALSE(come(7));
  admission.gone(3);
  EXPECT_TRUE(come(8));
  EXPECT_TRUE(left.empty());
}

}  // namespace sotto::net
