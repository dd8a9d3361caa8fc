//===- Destinations.cpp - Where consumers want values ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A value is made where its first consumer with a place of its own wants it: in
// the caller's memory, or in its part of a concatenation.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Storage.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// The memory a returned value goes to, where the value can be made there.
/// States are copied: what they are made from may be read until the end.
View Storage::findReturnDestination(OpOperand &use) {
  auto terminator = cast<ReturnOp>(use.getOwner());
  auto role = cast<RoleAttr>(terminator.getRoles()[use.getOperandNumber()]);
  Type type = use.get().getType();
  StringRef name = role.getSymbol().getValue();
  if (role.getKind() == RoleKind::Output)
    return createExternal(type, Memory::Output, layout.outputs.lookup(name));
  if (role.getKind() == RoleKind::OutputTangent)
    return createExternal(type, Memory::OutputTangent,
                          layout.outputs.lookup(name));
  if (role.getKind() != RoleKind::Gradient)
    return {};
  if (auto found = layout.parameters.find(name);
      found != layout.parameters.end()) {
    View view = createExternal(type, Memory::Gradient, found->second);
    view.buffer->offset = layout.parameterOffsets[found->second];
    return view;
  }
  if (auto found = layout.inputs.find(name); found != layout.inputs.end())
    return createExternal(type, Memory::InputGradient, found->second);
  return {};
}

static View findPartOf(OpOperand &use, View whole) {
  Type type = use.get().getType();
  auto concat = cast<ConcatOp>(use.getOwner());
  int64_t offset = 0;
  for (Value part : concat.getOperands().take_front(use.getOperandNumber()))
    offset += getFeatureSize(part.getType(), concat.getDim());
  return getPart(whole, concat.getType(), concat.getDim(), offset,
                 getFeatureSize(type, concat.getDim()));
}

/// What only its chunk and the caller read needs memory for one chunk where the
/// caller has none for it.
static void confineToChunk(Buffer &buffer, Value value) {
  auto chunk = value.getDefiningOp<ChunkOp>();
  if (!chunk || !value.hasOneUse())
    return;
  buffer.onlyChunk = chunk;
  buffer.home = chunk.getBodyBlock();
}

/// Where the consumers of a value want it: the first that has a place for it.
View Storage::findDestination(Value value) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (user->getBlock() != value.getParentBlock() ||
        isPrecomputed(user) != isPrecomputed(value.getDefiningOp()))
      continue;
    View view;
    if (isa<ReturnOp>(user)) {
      view = findReturnDestination(use);
      if (view && isSequence(value.getType()))
        confineToChunk(*view.buffer, value);
    } else if (isa<ConcatOp>(user)) {
      if (View whole = lookup(user->getResult(0)))
        view = findPartOf(use, whole);
    }
    if (view)
      return view;
  }
  return {};
}

void Storage::assignResult(Value value) {
  if (views.contains(value))
    return;
  View wanted = findDestination(value);
  views[value] = wanted ? wanted : createFor(value);
}
