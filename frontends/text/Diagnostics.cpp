//===- Diagnostics.cpp - Errors, warnings and notes -----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Prints through the source manager, once for each place and rule.
//===----------------------------------------------------------------------===//

#include "frontends/text/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace rnnc::text {

static std::string withRule(const Twine &message, Rule rule) {
  return (message + " [R" + Twine(static_cast<unsigned>(rule)) + "]").str();
}

bool Diagnostics::isNew(SMLoc loc, Rule rule) {
  return shown.insert({loc.getPointer(), rule}).second;
}

void Diagnostics::error(SMLoc loc, Rule rule, const Twine &message,
                        ArrayRef<SMRange> ranges, ArrayRef<SMFixIt> fixIts) {
  std::string text = withRule(message, rule);
  lastShown = !full() && isNew(loc, rule);
  if (!lastShown)
    return;
  ++errors;
  sources.PrintMessage(loc, SourceMgr::DK_Error, text, ranges, fixIts);
  if (full()) {
    sources.PrintMessage(loc, SourceMgr::DK_Note,
                         "too many errors, the rest is not shown");
    lastShown = false;
  }
}

void Diagnostics::warning(SMLoc loc, Rule rule, const Twine &message,
                          ArrayRef<SMRange> ranges) {
  lastShown = isNew(loc, rule);
  if (lastShown)
    sources.PrintMessage(loc, SourceMgr::DK_Warning, withRule(message, rule),
                         ranges);
}

void Diagnostics::note(SMLoc loc, const Twine &message,
                       ArrayRef<SMRange> ranges) {
  if (lastShown && loc.isValid())
    sources.PrintMessage(loc, SourceMgr::DK_Note, message, ranges);
}

std::string suggest(StringRef name, ArrayRef<StringRef> candidates) {
  unsigned limit = std::max<size_t>(1, std::min<size_t>(3, name.size() / 2));
  StringRef best;
  unsigned bestDistance = limit + 1;
  for (StringRef candidate : candidates) {
    if (candidate == name)
      continue;
    unsigned distance = candidate.equals_insensitive(name)
                            ? 0
                            : name.edit_distance(candidate, true, limit);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  // A name of one letter is near to every other one.
  if (best.empty() || (bestDistance > 0 && name.size() < 2))
    return "";
  return (", did you mean '" + best + "'?").str();
}

std::string joinNames(ArrayRef<StringRef> names) {
  std::string text;
  for (auto [index, name] : enumerate(names)) {
    if (index > 0)
      text += index + 1 == names.size() ? " and " : ", ";
    text += name;
  }
  return text;
}

std::string counted(size_t count, StringRef what) {
  return (Twine(count) + " " + what + (count == 1 ? "" : "s")).str();
}

} // namespace rnnc::text
