// Heavy headers of the tests; only for compile time.
#pragma once

#include "base/precompiled.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
