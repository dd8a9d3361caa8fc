//===- RNNScan.cpp - The recurrence operation -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Accessors, syntax, verification and canonicalisation of rnn.scan.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Accessors and builder
//===----------------------------------------------------------------------===//

YieldOp ScanOp::getYield() {
  return cast<YieldOp>(getBodyBlock()->getTerminator());
}

ValueRange ScanOp::getInputArgs() {
  return getBodyBlock()->getArguments().take_front(getInputs().size());
}

ValueRange ScanOp::getStateArgs() {
  return getBodyBlock()->getArguments().drop_front(getInputs().size());
}

ResultRange ScanOp::getFinalStates() {
  return getResults().take_front(getNumStates());
}

ResultRange ScanOp::getStacked() {
  return getResults().drop_front(getNumStates());
}

ValueRange ScanOp::getNextStates() {
  return getYield().getValues().take_front(getNumStates());
}

ValueRange ScanOp::getStackedYields() {
  return getYield().getValues().drop_front(getNumStates());
}

void ScanOp::build(OpBuilder &builder, OperationState &state, StringRef axis,
                   bool reverse, ValueRange inputs, ValueRange inits,
                   TypeRange stackedTypes) {
  state.addOperands(inputs);
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  state.addTypes(stackedTypes);
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.axis = builder.getStringAttr(axis);
  if (reverse)
    properties.reverse = builder.getUnitAttr();
  properties.operandSegmentSizes = {static_cast<int32_t>(inputs.size()),
                                    static_cast<int32_t>(inits.size()), 0};
  Block &body = state.addRegion()->emplaceBlock();
  for (Value input : inputs)
    body.addArgument(getStepType(input.getType()), input.getLoc());
  for (Value init : inits)
    body.addArgument(init.getType(), init.getLoc());
}

//===----------------------------------------------------------------------===//
// Syntax
//===----------------------------------------------------------------------===//

/// `(%arg = %value : type, ...)`
static ParseResult
parseBindings(OpAsmParser &parser,
              SmallVectorImpl<OpAsmParser::Argument> &arguments,
              SmallVectorImpl<OpAsmParser::UnresolvedOperand> &values,
              SmallVectorImpl<Type> &types) {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        return failure(parser.parseArgument(arguments.emplace_back()) ||
                       parser.parseEqual() ||
                       parser.parseOperand(values.emplace_back()) ||
                       parser.parseColonType(types.emplace_back()));
      });
}

static void printBindings(OpAsmPrinter &printer, ValueRange arguments,
                          ValueRange values) {
  printer << '(';
  llvm::interleaveComma(llvm::zip(arguments, values), printer, [&](auto pair) {
    auto [argument, value] = pair;
    printer << argument << " = " << value << " : " << value.getType();
  });
  printer << ')';
}

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &builder = parser.getBuilder();
  StringAttr axis;
  if (parser.parseAttribute(axis))
    return failure();
  result.addAttribute("axis", axis);
  if (succeeded(parser.parseOptionalKeyword("reverse")))
    result.addAttribute("reverse", builder.getUnitAttr());

  SmallVector<OpAsmParser::Argument> arguments, stateArguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs, inits, lengths;
  SmallVector<Type> inputTypes, initTypes, lengthTypes, stackedTypes;
  SMLoc loc = parser.getCurrentLocation();
  if (parseBindings(parser, arguments, inputs, inputTypes) ||
      parser.parseKeyword("init") ||
      parseBindings(parser, stateArguments, inits, initTypes))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("lengths")) &&
      (parser.parseOperand(lengths.emplace_back()) ||
       parser.parseColonType(lengthTypes.emplace_back())))
    return failure();
  if (parser.parseOptionalArrowTypeList(stackedTypes) ||
      parser.resolveOperands(inputs, inputTypes, loc, result.operands) ||
      parser.resolveOperands(inits, initTypes, loc, result.operands) ||
      parser.resolveOperands(lengths, lengthTypes, loc, result.operands))
    return failure();
  result.addAttribute(
      "operandSegmentSizes",
      builder.getDenseI32ArrayAttr({static_cast<int32_t>(inputs.size()),
                                    static_cast<int32_t>(inits.size()),
                                    static_cast<int32_t>(lengths.size())}));
  result.addTypes(initTypes);
  result.addTypes(stackedTypes);

  for (auto [argument, type] : llvm::zip(arguments, inputTypes)) {
    if (!isa<RankedTensorType>(type) || !isSequence(type))
      return parser.emitError(loc, "expected a sequence to scan, got ") << type;
    argument.type = getStepType(type);
  }
  for (auto [argument, type] : llvm::zip(stateArguments, initTypes))
    argument.type = type;
  arguments.append(stateArguments);
  return failure(parser.parseRegion(*result.addRegion(), arguments) ||
                 parser.parseOptionalAttrDict(result.attributes));
}

void ScanOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getAxisAttr();
  if (getReverse())
    printer << " reverse";
  printer << ' ';
  printBindings(printer, getInputArgs(), getInputs());
  printer << " init ";
  printBindings(printer, getStateArgs(), getInits());
  if (getLengths())
    printer << " lengths " << getLengths() << " : " << getLengths().getType();
  if (getNumStacked() != 0) {
    printer << " -> ";
    printer << '(';
    llvm::interleaveComma(getStacked().getTypes(), printer);
    printer << ')';
  }
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"axis", "reverse", "operandSegmentSizes"});
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyTypes(ScanOp scan, StringRef what,
                                 TypeRange expected, TypeRange got) {
  for (auto [index, pair] : llvm::enumerate(llvm::zip(expected, got))) {
    auto [want, have] = pair;
    if (want != have)
      return scan.emitOpError("expected ")
             << what << " " << index << " of type " << want << ", got " << have;
  }
  return success();
}

LogicalResult ScanOp::verify() {
  for (Value input : getInputs())
    if (!isSequence(input.getType()) ||
        ::rnnc::rnn::getAxis(input.getType()) != getAxis())
      return emitOpError("expected inputs over axis ")
             << getAxisAttr() << ", got " << input.getType();
  if (getBodyBlock()->getNumArguments() !=
      getInputs().size() + getInits().size())
    return emitOpError("expected a region argument for each input and state");
  auto yield = dyn_cast<YieldOp>(getBodyBlock()->getTerminator());
  if (!yield || yield.getValues().size() != getNumResults())
    return emitOpError("expected a yield of ")
           << getNumResults() << " values: next states, then stacked ones";
  SmallVector<Type> steps, stacked;
  for (Value input : getInputs())
    steps.push_back(getStepType(input.getType()));
  for (Value value : getStackedYields()) {
    if (!isBatch(value.getType()))
      return emitOpError("expected stacked values of batch level, got ")
             << value.getType();
    stacked.push_back(getStackedType(value.getType(), getAxis()));
  }
  return failure(
      failed(verifyTypes(*this, "step", steps, getInputArgs().getTypes())) ||
      failed(verifyTypes(*this, "state", getInits().getTypes(),
                         getStateArgs().getTypes())) ||
      failed(verifyTypes(*this, "next state", getInits().getTypes(),
                         getNextStates().getTypes())) ||
      failed(verifyTypes(*this, "stacked result", stacked,
                         getStacked().getTypes())));
}

//===----------------------------------------------------------------------===//
// Canonicalisation
//===----------------------------------------------------------------------===//

namespace {

/// Drops unused inputs, unused or repeated stacked results, repeated inputs,
/// and states that nothing but their own next value reads.
struct SimplifyScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    SmallVector<bool> keepInput = findKeptInputs(scan, rewriter);
    SmallVector<bool> keepState = findKeptStates(scan);
    SmallVector<bool> keepStacked = findKeptStacked(scan, rewriter);
    auto all = [](ArrayRef<bool> keep) {
      return llvm::all_of(keep, [](bool kept) { return kept; });
    };
    if (all(keepInput) && all(keepState) && all(keepStacked))
      return failure();
    rebuild(scan, rewriter, keepInput, keepState, keepStacked);
    return success();
  }

private:
  static SmallVector<bool> findKeptInputs(ScanOp scan,
                                          PatternRewriter &rewriter) {
    SmallVector<bool> keep;
    for (auto [index, input] : llvm::enumerate(scan.getInputs())) {
      Value argument = scan.getInputArgs()[index];
      unsigned firstIndex = std::distance(scan.getInputs().begin(),
                                          llvm::find(scan.getInputs(), input));
      if (firstIndex < index)
        rewriter.replaceAllUsesWith(argument, scan.getInputArgs()[firstIndex]);
      keep.push_back(!argument.use_empty());
    }
    return keep;
  }

  /// A state is needed when its final value is, or when a value that is not
  /// merely its own next state depends on it.
  static SmallVector<bool> findKeptStates(ScanOp scan) {
    SmallVector<bool> keep;
    for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i)
      keep.push_back(!scan.getFinalStates()[i].use_empty() ||
                     !feedsOnlyItself(scan, i));
    return keep;
  }

  static bool feedsOnlyItself(ScanOp scan, unsigned state) {
    SmallVector<Value> worklist{scan.getStateArgs()[state]};
    llvm::SmallDenseSet<Value> seen;
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      for (OpOperand &use : value.getUses()) {
        Operation *user = use.getOwner();
        if (user->getNumRegions() != 0 ||
            user->getBlock() != scan.getBodyBlock())
          return false;
        if (isa<YieldOp>(user)) {
          if (use.getOperandNumber() != state)
            return false;
          continue;
        }
        llvm::append_range(worklist, user->getResults());
      }
    }
    return true;
  }

  static SmallVector<bool> findKeptStacked(ScanOp scan,
                                           PatternRewriter &rewriter) {
    SmallVector<bool> keep;
    ValueRange yields = scan.getStackedYields();
    for (auto [index, value] : llvm::enumerate(yields)) {
      unsigned first = std::distance(yields.begin(), llvm::find(yields, value));
      if (first < index)
        rewriter.replaceAllUsesWith(scan.getStacked()[index],
                                    scan.getStacked()[first]);
      keep.push_back(!scan.getStacked()[index].use_empty());
    }
    return keep;
  }

  template <typename Range>
  static SmallVector<Value> filter(Range &&values, ArrayRef<bool> keep) {
    SmallVector<Value> kept;
    for (auto [value, isKept] : llvm::zip(values, keep))
      if (isKept)
        kept.push_back(value);
    return kept;
  }

  static void rebuild(ScanOp scan, PatternRewriter &rewriter,
                      ArrayRef<bool> keepInput, ArrayRef<bool> keepState,
                      ArrayRef<bool> keepStacked) {
    Location loc = scan.getLoc();
    SmallVector<Type> stackedTypes;
    for (Value stacked : filter(scan.getStacked(), keepStacked))
      stackedTypes.push_back(stacked.getType());
    auto fresh =
        ScanOp::create(rewriter, loc, scan.getAxis(), scan.getReverse(),
                       filter(scan.getInputs(), keepInput),
                       filter(scan.getInits(), keepState), stackedTypes);
    if (Value lengths = scan.getLengths())
      fresh.getLengthsMutable().assign(lengths);

    SmallVector<Value> yields = filter(scan.getNextStates(), keepState);
    yields.append(filter(scan.getStackedYields(), keepStacked));
    rewriter.modifyOpInPlace(scan.getYield(), [&] {
      scan.getYield().getValuesMutable().assign(yields);
    });
    SmallVector<Value> replacements;
    auto next = fresh.getBodyBlock()->args_begin();
    for (auto [argument, isKept] : llvm::zip(scan.getInputArgs(), keepInput))
      replacements.push_back(isKept ? *next++ : Value());
    for (auto [argument, isKept] : llvm::zip(scan.getStateArgs(), keepState))
      replacements.push_back(isKept ? *next++ : Value());
    eraseDeadBody(scan, rewriter, replacements);
    rewriter.mergeBlocks(scan.getBodyBlock(), fresh.getBodyBlock(),
                         replacements);
    auto result = fresh.getResults().begin();
    for (auto [value, isKept] : llvm::zip(scan.getFinalStates(), keepState))
      if (isKept)
        rewriter.replaceAllUsesWith(value, *result++);
    for (auto [value, isKept] : llvm::zip(scan.getStacked(), keepStacked))
      if (isKept)
        rewriter.replaceAllUsesWith(value, *result++);
    rewriter.eraseOp(scan);
  }

  /// What only fed dropped states is dead now; it must go before the
  /// arguments it reads do. Any value can stand for an argument without uses.
  static void eraseDeadBody(ScanOp scan, PatternRewriter &rewriter,
                            MutableArrayRef<Value> replacements) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(*scan.getBodyBlock())))
      if (isOpTriviallyDead(&op))
        rewriter.eraseOp(&op);
    for (Value &replacement : replacements)
      if (!replacement)
        replacement = scan->getOperand(0);
  }
};

} // namespace

namespace {

/// Parts of a stacked concatenation are slices of it, not stacked again.
struct StackedPart : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    for (auto [yielded, whole] :
         llvm::zip(scan.getStackedYields(), scan.getStacked()))
      if (auto concat = yielded.getDefiningOp<ConcatOp>())
        changed |= replaceParts(scan, concat, whole, rewriter);
    return success(changed);
  }

private:
  static bool replaceParts(ScanOp scan, ConcatOp concat, Value whole,
                           PatternRewriter &rewriter) {
    bool changed = false;
    int64_t offset = 0;
    rewriter.setInsertionPointAfter(scan);
    for (Value part : concat.getOperands()) {
      int64_t size = getFeatureSize(part.getType());
      for (auto [yielded, result] :
           llvm::zip(scan.getStackedYields(), scan.getStacked())) {
        if (yielded != part || result.use_empty())
          continue;
        rewriter.replaceAllUsesWith(
            result,
            SliceOp::create(rewriter, scan.getLoc(), whole, 0, offset, size));
        changed = true;
      }
      offset += size;
    }
    return changed;
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<SimplifyScan, StackedPart>(context);
}
