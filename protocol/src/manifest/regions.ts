const codes = `
  afghan albania algeria andorra angola antigua-b argentina armenia australia austria azerbaijan
  bahamas bahrain bangladesh barbados belarus belgium belize benin bhutan bolivia bosnia-h botswana
  brazil brunei bulgaria burkina-f burundi cabo-verde cambodia cameroon canada cent-afr chad chile
  china colombia comoros congo-dr congo-r costa-rica croatia cuba cyprus czech-rep denmark djibouti
  dominica dominican-r ecuador egypt el-salvador equatorial-g eritrea estonia eswatini ethiopia fiji
  finland france gabon gambia georgia germany ghana greece grenada guatemala guinea guinea-b guyana
  haiti honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan
  kazakhstan kenya kiribati korea-south kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia
  libya liechtenstein lithuania luxembourg madagascar malawi malaysia maldives mali malta marshall-i
  mauritania mauritius mexico micronesia moldova monaco mongolia montenegro morocco mozambique myanmar
  namibia nauru nepal netherlands new-zealand nicaragua niger nigeria north-macedon norway oman
  pakistan palau panama papua-n-g paraguay peru philippines poland portugal qatar romania russia
  rwanda saint-k-n saint-lucia saint-v-g samoa san-marino sao-tome-p saudi-arabia senegal serbia
  seychelles sierra-leone singapore slovakia slovenia solomon-i somalia south-africa south-sudan spain
  sri-lanka sudan suriname sweden switzerland syria taiwan tajikistan tanzania thailand timor-leste
  togo tonga trinidad-t tunisia turkey turkmenistan tuvalu uganda ukraine uae uk us-east us-west
  us-central uruguay uzbekistan vanuatu vatican-c venezuela vietnam yemen zambia zimbabwe
`;

/** Region codes that nodes of the public networks register with; "local" is for a network on one machine. */
export const regions: ReadonlySet<string> = new Set([
  "local",
  ...codes.split(/\s+/).filter((code) => code !== ""),
]);
