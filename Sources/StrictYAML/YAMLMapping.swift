internal import CYaml
internal import Yams

/// A mapping of a YAML file. See <doc:StrictYAML>.
public struct YAMLMapping {
    private let mapping: Node.Mapping
    public let position: YAMLPosition?

    /// Reads a file whose top is a mapping.
    public init(_ text: String) throws(YAMLProblem) {
        let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        try Self.refuseAliases(text)
        let root: Node?
        do {
            // What a scalar is, the values below say: YAML's own guesses need rules that take a millisecond to build.
            root = try Yams.compose(yaml: text, .basic)
        } catch let error as YamlError {
            throw YAMLProblem(error)
        } catch {
            throw YAMLProblem("it is not YAML")
        }
        guard let root else { throw YAMLProblem("it is empty") }
        guard let mapping = root.mapping else { throw YAMLProblem("it holds no keys", at: root.position) }
        self.init(mapping, at: root.position)
    }

    /// Anchors and aliases can make a short text as large as one likes, and no file here needs them. The parser's
    /// events say where they are; what it cannot read is said by whoever reads the text.
    private static func refuseAliases(_ text: String) throws(YAMLProblem) {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw YAMLProblem("there is no memory to read it") }
        defer { yaml_parser_delete(&parser) }
        let bytes = Array(text.utf8)
        let mark = bytes.withUnsafeBufferPointer { bytes -> yaml_mark_t? in
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            while true {
                var event = yaml_event_t()
                guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
                defer { yaml_event_delete(&event) }
                let isNamed: Bool
                switch event.type {
                case YAML_ALIAS_EVENT: isNamed = true
                case YAML_SCALAR_EVENT: isNamed = event.data.scalar.anchor != nil
                case YAML_SEQUENCE_START_EVENT: isNamed = event.data.sequence_start.anchor != nil
                case YAML_MAPPING_START_EVENT: isNamed = event.data.mapping_start.anchor != nil
                case YAML_STREAM_END_EVENT, YAML_NO_EVENT: return nil
                default: isNamed = false
                }
                if isNamed { return event.start_mark }
            }
        }
        guard let mark else { return }
        throw YAMLProblem(
            "anchors and aliases (& and *) are not used here",
            at: YAMLPosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1))
    }

    /// The value of a key, whatever type YAML would give the key.
    private func node(_ key: String) -> Node? { mapping.first { $0.key.string == key }?.value }

    private init(_ mapping: Node.Mapping, at position: YAMLPosition?) {
        self.mapping = mapping
        self.position = position
    }

    /// The keys, in their order.
    public var keys: [String] { mapping.map { $0.key.string ?? "" } }

    public func has(_ key: String) -> Bool { node(key) != nil }

    /// Refuses keys that are not among these.
    public func allow(_ keys: Set<String>) throws(YAMLProblem) {
        for (key, _) in mapping where !keys.contains(key.string ?? "") {
            throw YAMLProblem(
                "'\(Self.excerpt(key.string ?? "?"))' is not a key; known here are "
                    + "\(keys.sorted().joined(separator: ", "))",
                at: key.position)
        }
    }

    // MARK: Values

    public func mapping(_ key: String) throws(YAMLProblem) -> YAMLMapping? {
        guard let node = node(key) else { return nil }
        guard let mapping = node.mapping else { throw YAMLProblem("\(key) is not a group of keys", at: node.position) }
        return YAMLMapping(mapping, at: node.position)
    }

    /// The items of a list of mappings.
    public func mappings(_ key: String) throws(YAMLProblem) -> [YAMLMapping]? {
        guard let node = node(key) else { return nil }
        guard let sequence = node.sequence else { throw YAMLProblem("\(key) is not a list", at: node.position) }
        var items: [YAMLMapping] = []
        for item in sequence {
            guard let mapping = item.mapping else {
                throw YAMLProblem("\(key) has an item that is not a group of keys", at: item.position)
            }
            items.append(YAMLMapping(mapping, at: item.position))
        }
        return items
    }

    /// A text that is not empty.
    public func text(_ key: String) throws(YAMLProblem) -> String? {
        guard let node = node(key) else { return nil }
        guard let text = node.string, !text.isEmpty else {
            throw YAMLProblem("\(key) is not a text", at: node.position)
        }
        return text
    }

    /// A text that must be there.
    public func needText(_ key: String) throws(YAMLProblem) -> String {
        guard let text = try text(key) else { throw missing(key) }
        return text
    }

    /// A list of texts that are not empty.
    public func texts(_ key: String) throws(YAMLProblem) -> [String]? {
        guard let node = node(key) else { return nil }
        guard let sequence = node.sequence else { throw YAMLProblem("\(key) is not a list", at: node.position) }
        var texts: [String] = []
        for item in sequence {
            guard let text = item.string, !text.isEmpty else {
                throw YAMLProblem("\(key) has an item that is not a text", at: item.position)
            }
            texts.append(text)
        }
        return texts
    }

    /// Whether a value is a single text, and not a list or a group.
    public func isText(_ key: String) -> Bool { node(key)?.string != nil }

    public func number(_ key: String, within range: ClosedRange<Double>? = nil) throws(YAMLProblem) -> Double? {
        guard let node = node(key) else { return nil }
        guard let text = node.string, let number = Double(text), number.isFinite else {
            throw YAMLProblem("\(key) is not a number", at: node.position)
        }
        if let range, !range.contains(number) {
            throw YAMLProblem(
                "\(key) is not between \(Self.plain(range.lowerBound)) and \(Self.plain(range.upperBound))",
                at: node.position)
        }
        return number
    }

    public func wholeNumber(_ key: String, within range: ClosedRange<Int>) throws(YAMLProblem) -> Int? {
        guard let node = node(key) else { return nil }
        guard let text = node.string, let number = Int(text), "\(number)" == text, range.contains(number) else {
            throw YAMLProblem(
                "\(key) is not a whole number from \(range.lowerBound) to \(range.upperBound)", at: node.position)
        }
        return number
    }

    public func flag(_ key: String) throws(YAMLProblem) -> Bool? {
        guard let node = node(key) else { return nil }
        switch node.string {
        case "true": return true
        case "false": return false
        default: throw YAMLProblem("\(key) is not true or false", at: node.position)
        }
    }

    // MARK: Positions

    /// Where the value of a key stands.
    public func position(of key: String) -> YAMLPosition? { node(key)?.position ?? position }

    public func problem(_ key: String, _ message: String) -> YAMLProblem {
        YAMLProblem(message, at: position(of: key))
    }

    public func missing(_ key: String) -> YAMLProblem { YAMLProblem("\(key) is missing", at: position) }

    /// A text of the file as it can stand in a message.
    public static func excerpt(_ text: String) -> String {
        let shown = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(60).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
        return text.unicodeScalars.count > 60 ? shown + "…" : shown
    }

    private static func plain(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
}

extension Node {
    fileprivate var position: YAMLPosition? { mark.map { YAMLPosition(line: $0.line, column: $0.column) } }
}

extension YAMLProblem {
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init("it is not YAML: \(problem)", at: YAMLPosition(line: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let names, let context):
            self.init(
                "'\(YAMLMapping.excerpt(names.first ?? "?"))' stands there twice",
                at: YAMLPosition(line: context.mark.line, column: context.mark.column))
        case .reader(let problem, _, _, _): self.init("it is not YAML: \(problem)")
        default: self.init("it is not YAML")
        }
    }
}
