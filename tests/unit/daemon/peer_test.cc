#include "supervisor/daemon/peer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/fd.h"

namespace rtd {
namespace {

using protocol::Role;

TEST(Peer, TheRoleFollowsFromUserAndGroups) {
  Access access{.own_uid = 1000, .operators = 50, .readers = 60};
  EXPECT_EQ(role_of(access, 0, {}), Role::Admin);
  EXPECT_EQ(role_of(access, 1000, {}), Role::Admin);
  EXPECT_EQ(role_of(access, 7, {7, 60, 50}), Role::Operator);
  EXPECT_EQ(role_of(access, 7, {7, 60}), Role::Reader);
  EXPECT_EQ(role_of(access, 7, {7, 0}), Role::None);  // group 0 is nobody's privilege
  EXPECT_EQ(role_of(Access{.own_uid = 0, .operators = {}, .readers = {}}, 7, {7}), Role::None);
}

TEST(Peer, IsWhoTheKernelSaysItIs) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  Fd one(ends[0]), two(ends[1]);
  Result<Peer> peer =
      identify(one.get(), Access{.own_uid = geteuid(), .operators = {}, .readers = {}});
  ASSERT_TRUE(peer) << peer.error().text();
  EXPECT_EQ(peer->pid, getpid());
  EXPECT_EQ(peer->uid, geteuid());
  EXPECT_EQ(peer->role, Role::Admin);
}

TEST(Peer, GroupsAreFoundByNameAndNumber) {
  EXPECT_EQ(group_in("root:x:0:\nstaff:x:50:alice,bob\nbad\n", "staff"), gid_t{50});
  EXPECT_EQ(group_in("root:x:0:\nstaff:x:50:\n", "sta"), std::nullopt);
  EXPECT_EQ(group_in("staff:x:many:\n", "staff"), std::nullopt);
  EXPECT_EQ(*find_group("4711"), gid_t{4711});
  EXPECT_FALSE(find_group("no group has this name"));
}

}  // namespace
}  // namespace rtd
