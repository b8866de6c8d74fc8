import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import javax.xml.XMLConstants;
import javax.xml.transform.Source;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.*;

/**
 * Asks Java's XML Schema validator which messages are valid. Standard input has
 * lines "schema FILE..." (the schema of what follows, tab-separated) and
 * "message FILE"; for each message one line comes out: "valid" or the complaint.
 */
class Oracle {
    public static void main(String[] args) throws Exception {
        SchemaFactory factory = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        Validator validator = null;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split("\t");
            if (words[0].equals("schema")) {
                List<Source> sources = new ArrayList<>();
                for (String file : Arrays.asList(words).subList(1, words.length)) {
                    sources.add(new StreamSource(new File(file)));
                }
                validator = factory.newSchema(sources.toArray(new Source[0])).newValidator();
                continue;
            }
            try {
                validator.validate(new StreamSource(new File(words[1])));
                out.println("valid");
            } catch (org.xml.sax.SAXException refusal) {
                out.println(refusal.getMessage().replaceAll("\\s+", " "));
            }
        }
    }
}
